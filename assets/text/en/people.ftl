# Coming and going: signing in, help, settings, the address book, invitations.
sign-in = Sign in
address-field = Your e-mail address
password-field = Your Lifeboat password
password-show = Show the password
password-hint = This is the password that your administrator gave you for Lifeboat, not the one for Outlook. A code from your emergency card works, too.
login-wrong = That address and password do not belong together. Please try again; your administrator can give you a new password.
login-too-many = Too many tries. Please wait 15 minutes, or ask your administrator for a new password.
login-again = You were signed out. Please sign in again.
login-help = What is this, and what should I do?
login-no-password = I have no password
languages = Language
closed-title = Mail works normally
closed-for-you-title = Mail works normally for you
closed-use-outlook = Please use Outlook as usual.
closed-for-you = Only some people work with Lifeboat at the moment, and you are not one of them.
closed-opens = This page opens by itself when the mail server is down. Then you can read and answer your mail here.
closed-suspect = Lifeboat is taking a closer look at the mail server right now. If it stays away, this page opens in less than a minute.
closed-look-again = Look again
closed-help = What is Lifeboat?
over-title = The mail server works again
over-lead = You were signed out here. Please use Outlook again.
over-in = What came in for you is in your normal mailbox.
over-out = What you sent here, and your drafts, come to your normal mailbox as one message with everything attached.
over-drill = After a drill there is nothing to look for: what you wrote in it was sent to nobody.
over-nothing = You need not do anything else.

help-title = Help
help-what = What is Lifeboat?
help-what-text = Lifeboat is a small box in your office that keeps your mail going when the normal mail server is down. It takes the mail that arrives for you and lets you read and answer it here, in any browser. When the mail server is back, everything is handed over to your normal mailbox.
help-now = What should I do now?
help-now-open = The mail server is down. Sign in, and read and answer your mail here until it is back.
help-now-handing-over = The mail server is back, and your mail is being handed over. Please use Outlook again.
help-now-practice = This is a drill: mail works normally. Sign in, and try to read your mail here.
help-now-read-only = Mail works normally. Please use Outlook. You can look things up here, but not write.
help-now-closed = Mail works normally. Please use Outlook as usual; there is nothing to do here.
help-inside = What is in here?
help-inside-mail = Your mail of the last weeks, as far as it went through Lifeboat, and everything that arrives now.
help-inside-sent = What you write here. Drafts keep themselves, and what you send can be taken back for ten seconds. Open a message in Sent to see who got it.
help-after = What happens afterwards?
help-after-in = Mail that came in goes to your normal mailbox by itself. You do not have to do anything.
help-after-out = What you sent or kept as a draft here comes to your normal mailbox as well, in a message of its own.
help-after-over = You are signed out here, and Outlook works as before.
help-password = I have no password
help-password-sent = When the mail server fails, a password comes to the other address, or the phone, that you gave. Look there first.
help-password-card = On an emergency card, type the next code that is not crossed out in place of the password, and cross it out.
help-password-ask = Otherwise ask your administrator for one; it takes a minute.
help-password-which = It is a password for Lifeboat only; the one for Outlook does not work here.
help-phone = On a phone
help-phone-text = Connect it to the office's Wi-Fi: this page is not open from outside. Then open the link that you were sent, or point the camera at the square on your emergency card. If the browser warns about the certificate, ask your administrator before you go on.
help-safe = Is this safe?
help-safe-text = The page works only inside your office's network. Pictures that a message would load from the internet are not loaded by themselves, and attachments are never run here. As always: do not open files that you did not expect.

settings-title = Settings
settings-saved = Your settings are saved.
settings-code-sent = Your phone and address are noted.
settings-writing = Writing and reading
settings-signature = Signature
settings-signature-hint = Stands below what you write. At most { $max } characters.
settings-language = Language
settings-language-browser = As my browser asks for
settings-conversations = Show answers together with what they answer (conversations)
settings-shortcuts = Use single keys as shortcuts; the key ? shows them
settings-save = Save
settings-reach = How you are reached when mail is down
settings-reach-none = Nobody can reach you yet. Please give an address or a phone.
settings-reach-known = Known so far:
settings-reach-only = Used for this only. Only your administrators see it.
settings-reach-save = Save and confirm
settings-sessions = Where you are signed in
settings-session = { $count ->
    [one] You are signed in on one device.
   *[other] You are signed in on { $count } devices.
}
settings-session-since = since { $since }, last used { $seen }
settings-session-here = this one
settings-sign-out-all = Sign out everywhere
settings-sign-out-all-hint = On this device, too. Use it if you forgot to sign out somewhere.
settings-password = Your password comes from your administrator; ask there for a new one.

people-title = Address book
people-field = Search names, addresses and groups
people-search = Search
people-count = { $count ->
    [one] 1 person
   *[other] { $count } people
}
people-none = Nobody was found.
people-write = Write
people-write-to = Write to { $name }
people-also = also
people-in-groups = Groups:
people-group = Group { $name }
people-all = Show everybody
people-next = Next
people-previous = Previous

enrol-title = When our mail is down
enrol-lead = How do we reach you then, { $name }?
enrol-why = If the mail server fails, you can read and answer your mail ({ $address }) here in a browser. We will tell you so, and send you your password, at the address or phone that you give now.
enrol-known = Known so far: { $known }. What you give here counts instead.
enrol-address = An e-mail address outside of the office
enrol-address-hint = Your private address, for example. It gets a code now, so that we know it is yours.
enrol-phone = A mobile phone, if you like
enrol-phone-hint = With the country's code: +49 30 123456.
enrol-continue = Continue
enrol-code-title = Your code
enrol-code-sent = A code of six digits is on its way to { $email }. It may take some minutes; look into the spam folder, too.
enrol-code-wrong = { $left ->
    [one] That is not the code. Please look again: one more try.
   *[other] That is not the code. Please look again: { $left } more tries.
}
enrol-code-field = The code
enrol-code-confirm = Confirm
enrol-code-nothing = Nothing came: correct the address, or send a new code
enrol-done-title = Thank you
enrol-done-lead = When our mail is down, we reach you, { $name }:
enrol-done-mail = by mail at { $email }
enrol-done-phone = on the phone that ends in { $digits }
enrol-done-nothing = not yet: no address is confirmed
enrol-done-close = You need not do anything else, and can close this page.
enrol-done-later = You can change it later: in an outage in your settings here, and otherwise with a new invitation from your administrator.
enrol-invitation = Invitation
enrol-problem-nothing = Please give an address or a phone number.
enrol-problem-address = That is not an address (like ann@example.net).
enrol-problem-office = That is an address of the office: it is down when our mail is down. Please give another one.
enrol-problem-codes = Too many codes were sent. Please try again in an hour.
enrol-problem-phone = That is not a phone number (like +49 30 123456).
enrol-problem-often = That was changed too often. Please try again in an hour.
enrol-problem-code-old = That code cannot be used any more. Send a new one to this address.
