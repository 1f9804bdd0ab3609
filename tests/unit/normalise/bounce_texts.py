# ruff: noqa: E501 (the texts stand as they are sent)
"""What mail servers and vendors really say. Names and addresses are made up."""

PERMANENT = [
    # Gmail
    "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the"
    " recipient's email address for typos or unnecessary spaces. 550 5.1.1 https://support.google.com/mail/?p=NoSuchUser"
    " a640c23a62f3a-12.450 - gsmtp",
    "smtp; 550-5.1.1 The email account that you tried to reach does not exist. 550 5.1.1 w28si1688632wra.157 - gsmtp",
    "550 5.2.1 The email account that you tried to reach is disabled. Learn more at"
    " https://support.google.com/mail/?p=DisabledUser 41be03b00d2f7-7e9a54448f5si4211.421 - gsmtp",
    "550-5.7.1 [203.0.113.210 12] Our system has detected that this message is likely unsolicited mail. - gsmtp",
    "552-5.2.2 The email account that you tried to reach is over quota and inactive. - gsmtp",
    "host gmail-smtp-in.l.google.example[10.4.22.17] said: 550-5.1.1 The account does not exist (in reply to RCPT TO)",
    # Outlook, Exchange
    "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "550 5.4.1 Recipient address rejected: Access denied. [DB5EUR01FT012.eop-EUR01.prod.protection.outlook.example"
    " 2026-03-16T04:50:12.450Z 08DD4F1A2B3C4D5E]",
    "#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##",
    "5.1.0 - Unknown address error 550-'5.1.1 <ana@shop.example>... User unknown' (delivery attempts: 0)",
    "5.1.0 - Unknown address error 550-\"5.1.1 Mailbox <ana@shop.example> does not exist\" (delivery attempts: 0)",
    "<203.0.113.32 #5.0.0 smtp; 550 \"Unknown User\">",
    "550 5.7.606 Access denied, banned sending IP [203.0.113.45]; try again later",
    # Yahoo
    "554 delivery error: dd This user doesn't have a yahoo.example account (ana.later@yahoo.example) [0] - mta1284.mail.bf1"
    ".yahoo.example",
    "554 30 Sorry, your message to busybee@yahoo.example cannot be delivered. This mailbox is disabled (554.30).",
    "552 1 Requested mail action aborted, mailbox not found",
    # Postfix
    "host mx.shop.example[198.51.100.4]:25 said: 550 5.1.1 <full@shop.example>: Recipient address rejected: User unknown in"
    " virtual mailbox table (in reply to RCPT TO command)",
    "Jul  7 13:31:48 relay postfix/smtp[450]: 5201D780060: to=<ana@shop.example>, relay=mta5.shop.example[198.51.100.36]:25,"
    " delay=4.5, delays=0.01/0.02/0.78/1.4, dsn=5.0.0, status=bounced (host mta5.shop.example said: 554 no account)",
    "<soft@shop.example>: Host or domain name not found. Name service error for name=shop.example type=AAAA: Host not found",
    "unknown user: \"ana\"",
    "554 5.7.1 <unknown[10.4.22.17]>: Client host rejected: Access denied",
    "550 5.1.1 <busybee@shop.example>: no account, connection from 10.4.22.17 port 450",
    # Exim
    "H=mx1.shop.example [198.51.100.7]: SMTP error from remote mail server after RCPT TO:<ana@shop.example>: 550 No such user"
    " here",
    "1pXyZa-0004Ab-4z == all relevant MX records point to non-existent hosts",
    "Unrouteable address",
    "550-Verification failed for <ana@shop.example>\n550-No Such User Here\n550 Sender verify failed",
    "SMTP error from remote mail server after end of data: 554 5.7.1 Blocked 1pfdJV-004eVE-9X 2023-03-24 10:02:24",
    # qmail
    "198.51.100.4 does not like recipient. Remote host said: 550 sorry, no mailbox here by that name (#5.1.1)",
    "Sorry, no mailbox here by that name. vpopmail (#5.1.1)",
    "Sorry, I couldn't find any host named shop.example. (#5.1.2)",
    # SES, Mailgun, SendGrid, SparkPost
    "smtp; 550 5.4.4 Invalid domain",
    "smtp;550 5.1.1 <ana@shop.example>... User unknown",
    "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address.",
    "bounceType: Permanent, bounceSubType: MailboxFull",
    "550 5.1.0 <01000172586829c9-830041fa-7772-4fe0-9bd7-453b6f56bdb55-000000@ses.example> sender rejected. AUP#In-1310",
    "Not delivering to previously bounced address",
    "code: 605, message: Not delivering to previously bounced address",
    "550 5.2.0 Mail rejete. Mail rejected. ofr_506 [506]",
    "554 5.7.1 Service unavailable; Client host [203.0.113.66] blocked using list.example; see"
    " http://list.example/bl.shtml?203.0.113.66",
    "(550, b'5.1.1 The email account that you tried to reach does not exist')",
    "550",
    "5.1.1",
    "Status: 5.1.1 (bad destination mailbox address)",
    "550: Requested action not taken: mailbox unavailable",
    "550 #5.1.0 Address rejected.",
    "[2a00:1450:400c:c00::450] 550 5.1.1 no such person, ESMTP 4.2.1.450",
    "status=550, reason: mailbox full",
    "HardBounce",
    "hard_bounce",
    "The mailbox does not exist; do not try again later",
    # nothing, or nothing that is known
    "",
    " ",
    "bounced",
    "carefully fulfilled by Microsoft",
    "queue 4410 of host 42.shop.example refused ana.later@shop.example",
]  # fmt: skip
TEMPORARY = [
    "452-4.2.2 The email account that you tried to reach is over quota. Please direct 452-4.2.2 the recipient to"
    " https://support.google.com/mail/?p=OverQuotaTemp 5b1f17b1804b1-550.511 - gsmtp",
    "450-4.2.1 The user you are trying to contact is receiving mail too quickly. - gsmtp",
    "421-4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address. - gsmtp",
    "452 4.2.2 mailbox full <permanent@shop.example>",
    "432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded",
    "421 RP-001 (BAY004-MC1F5) Unfortunately, some messages from 203.0.113.55 weren't sent. Please try again.",
    "451 4.7.650 The mail server [203.0.113.55] has been temporarily rate limited due to IP reputation. (S775)",
    "421 4.7.0 [TSS04] Messages from 203.0.113.5 temporarily deferred due to user complaints - 4.16.55.1",
    "451 Internal resource temporarily unavailable - https://community.mimecast.example/docs/DOC-1369#451",
    "host mx.shop.example[198.51.100.4] said: 450 4.2.0 <ana@shop.example>: Recipient address rejected: Greylisted, see"
    " http://postgrey.example/help/550.html",
    "connect to mx.shop.example[198.51.100.4]:25: Connection timed out",
    "connect to mx.shop.example[2001:db8::550]:25: Connection refused",
    "SMTP error from remote mail server after RCPT TO:<ana@shop.example>: 450 4.1.1 unknown recipient, retry timeout exceeded",
    "retry timeout exceeded",
    "I'm not going to try again; this message has been in the queue too long. (#4.4.7)",
    "198.51.100.4 failed after I sent the message. Remote host said: 451 qq temporary problem (#4.3.0)",
    "smtp; 421 4.4.2 Connection dropped",
    "4.4.7 Message expired",
    "bounceType: Transient, bounceSubType: General",
    "bounceType: Transient, bounceSubType: MailboxFull",
    "422 4.2.2 Quota limit exceeded",
    "499 Unable to connect to MX servers",
    "451 4.3.0 mailbox 550 is locked",
    "SoftBounce",
    "soft-bounce",
    "mailbox full",
    "The recipient's inbox is full",
    "over quota",
    "server busy",
    "please try again later",
    "Greylisted for 5 minutes",
    "throttled: rate limit of 550 messages",
    "deferred",
    "550ms timeout",
    "code 421",
    "dsn=4.2.2",
    "250 2.0.0 OK 1376056636 i3si9508927obz.16 - gsmtp",
]  # fmt: skip
