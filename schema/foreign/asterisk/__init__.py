"""Asterisk's configuration: pjsip.conf or sip.conf, extensions.conf, queues.conf, voicemail.conf."""
