# Was jede Seite umgibt.
skip = Zum Inhalt
help = Hilfe
sign-out = Abmelden
write = Schreiben
settings = Einstellungen
people = Adressbuch
navigation = E-Mail
state = Zustand des Mailsystems
count-unread = ungelesen
count-in-it = darin
unread-mark = Ungelesen:
nobody = (niemand)
no-subject = (kein Betreff)
folder-inbox = Posteingang
folder-sent = Gesendet
folder-drafts = Entwürfe
folder-archive = Archiv
folder-junk = Spam
folder-deleted = Gelöscht
folder-own = Ordner

# Banner: ein starker Anfang, und was er bedeutet. $since ist eine Uhrzeit oder ein Tag.
banner-down = Der Mailserver ist seit { $since } ausgefallen.
banner-down-here = Sie arbeiten in Lifeboat. Alles, was Sie hier senden und empfangen, liegt danach in Ihrem normalen Postfach.
banner-down-door = Bis er wieder da ist, können Sie Ihre E-Mails hier lesen und beantworten. Alles, was Sie hier senden und empfangen, liegt danach in Ihrem normalen Postfach.
banner-down-some = Ihr Postfach auf dem Mailserver ist seit { $since } ausgefallen, wie auch das einiger anderer.
banner-back = Der Mailserver ist wieder da.
banner-back-some = Der Mailserver arbeitet wieder für Sie.
banner-back-means = Lifeboat übergibt gerade Ihre E-Mails. Sie können hier lesen, aber nicht senden. In Kürze liegt alles in Ihrem normalen Postfach. Bitte verwenden Sie wieder Outlook.
banner-drill = Dies ist eine Übung.
banner-drill-means = E-Mail funktioniert normal; nichts, was Sie hier senden, verlässt dieses Gerät. Öffnen Sie eine Nachricht und beantworten Sie sie, wie Sie es bei einem Ausfall täten.
banner-normal = E-Mail funktioniert normal.
banner-normal-means = Bitte verwenden Sie Outlook wie gewohnt. Hier können Sie lesen, aber nicht senden.
banner-some-down = Für einige funktioniert E-Mail nicht.
banner-some-drill = Einige üben hier gerade.
banner-some-means = Wenn Sie gebeten wurden, diese Seite zu verwenden, melden Sie sich an. Für alle anderen funktioniert E-Mail normal: Bitte verwenden Sie Outlook wie gewohnt.
own-navigation = Sie und andere
