"""Delivery of webhooks, in a thread of its own with its own loop: a slow or dead receiver is no business of the SIP loop."""
