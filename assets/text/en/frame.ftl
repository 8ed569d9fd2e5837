# What surrounds every page.
skip = Skip to the content
help = Help
sign-out = Sign out
write = Write
settings = Settings
people = Address book
navigation = Mail
state = State of the mail system
count-unread = unread
count-in-it = in it
unread-mark = Unread:
nobody = (nobody)
no-subject = (no subject)
folder-inbox = Inbox
folder-sent = Sent
folder-drafts = Drafts
folder-archive = Archive
folder-junk = Junk
folder-deleted = Deleted
folder-own = Folder

# Banners: a strong beginning, and what it means. $since is a time or a day.
banner-down = The mail server has been down since { $since }.
banner-down-here = You are working in Lifeboat. Everything you send and receive here will be in your normal mailbox afterwards.
banner-down-door = Until it is back, you can read and answer your mail here. Everything you send and receive here will be in your normal mailbox afterwards.
banner-down-some = Your mailbox on the mail server has been down since { $since }, and those of some others with it.
banner-back = The mail server is back.
banner-back-some = The mail server works for you again.
banner-back-means = Lifeboat is handing over your mail, so you can read here but not send. Everything will be in your normal mailbox shortly. Please use Outlook again.
banner-drill = This is a drill.
banner-drill-means = Mail works normally; nothing you send here leaves this box. Open a message and answer it, as you would in an outage.
banner-normal = Mail works normally.
banner-normal-means = Please use Outlook as usual. Here you can read, but not send.
banner-some-down = Mail does not work for some people.
banner-some-drill = Some people are practising here.
banner-some-means = If you were asked to use this page, sign in. For everybody else mail works normally: please use Outlook as usual.
own-navigation = You and others
