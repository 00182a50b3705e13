"""A mail server for tests, on a port of its own. Reads how to behave from standard input, a word a line:

accept   takes mail, but from `refused...@`, which does not exist (550), and `later...@`, which is full (452)
stall    says nothing once it has a mail
drop     breaks the connection in the middle of a mail
busy     sends everybody away (421)
hear     goes on as it is

Answers its port, then `ok` to each word, and each mail that it took as a line of JSON.
"""

import asyncio
import email
import email.policy
import json
import sys

from aiosmtpd.smtp import AuthResult, SMTP


def say(line):
    print(line, flush=True)


class Handler:
    mode = "accept"

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.mode == "busy":
            return "421 4.3.2 come back later"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused"):
            return f"550 5.1.1 <{address}> does not exist"
        if address.startswith("later"):
            return f"452 4.2.2 <{address}> is full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.mode == "stall":
            await asyncio.sleep(3600)
        if self.mode == "drop":
            server.transport.abort()
            return "451 gone"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        say(json.dumps({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "text": mail.get_content().replace("\r\n", "\n"),
        }))
        return "250 OK"


def authenticate(server, session, envelope, mechanism, login):
    return AuthResult(success=login.login == b"parlour" and login.password == b"secret")


async def main():
    handler = Handler()

    def connection():
        return SMTP(handler, hostname="mail.test", authenticator=authenticate, auth_require_tls=False,
                    enable_SMTPUTF8=True)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(connection, "127.0.0.1", 0)
    say(server.sockets[0].getsockname()[1])
    words = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(words), sys.stdin)
    while word := await words.readline():
        word = word.decode().strip()
        if word != "hear":
            handler.mode = word
        say("ok")


asyncio.run(main())
