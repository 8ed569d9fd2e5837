"""A mail server by aiosmtpd that writes down what it got: one JSON object a line on standard output.

Options as JSON in the first argument: host, port, hostname, certificate and key (PEM), tls ("off", "starttls", "required", "implicit"),
user and password (then AUTH is required), smtputf8.
"""

import json
import signal
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

options = json.loads(sys.argv[1])


def say(**what):
    print(json.dumps(what), flush=True)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        say(
            sender=envelope.mail_from,
            mail_options=envelope.mail_options,
            recipients=envelope.rcpt_tos,
            content=envelope.original_content.decode("latin-1"),
            tls=session.ssl is not None or options["tls"] == "implicit",
            user=getattr(session, "user", None),
            hello=session.host_name,
        )
        return "250 2.0.0 noted"


def authenticator(server, session, envelope, mechanism, data):
    good = data.login.decode() == options["user"] and data.password.decode() == options["password"]
    if good:
        session.user = data.login.decode() + " by " + mechanism
    return AuthResult(success=good, handled=False)


context = None
if options["tls"] != "off":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options["certificate"], options["key"])
arguments = {"hostname": options["host"], "port": options["port"], "server_hostname": options["hostname"]}
arguments["enable_SMTPUTF8"] = options["smtputf8"]
if options["tls"] == "implicit":
    arguments["ssl_context"] = context
elif context:
    arguments["tls_context"] = context
    arguments["require_starttls"] = options["tls"] == "required"
if options.get("user"):
    # Inside implicit TLS aiosmtpd does not know that it is encrypted.
    arguments.update(authenticator=authenticator, auth_required=True, auth_require_tls=options["tls"] != "implicit")
controller = Controller(Handler(), **arguments)
controller.start()
say(ready=True)
signal.pause()
