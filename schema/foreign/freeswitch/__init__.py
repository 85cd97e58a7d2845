"""FreeSWITCH's configuration: vars.xml, directory, dialplan, sip_profiles, ivr_menus, callcenter."""
