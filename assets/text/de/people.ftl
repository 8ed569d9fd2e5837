# Kommen und Gehen: Anmelden, Hilfe, Einstellungen, Adressbuch, Einladungen.
sign-in = Anmelden
address-field = Ihre E-Mail-Adresse
password-field = Ihr Lifeboat-Passwort
password-show = Passwort anzeigen
password-hint = Das ist das Passwort, das Sie von Ihrem Administrator für Lifeboat bekommen haben, nicht das für Outlook. Auch ein Code von Ihrer Notfallkarte gilt.
login-wrong = Diese Adresse und dieses Passwort gehören nicht zusammen. Bitte versuchen Sie es noch einmal; Ihr Administrator kann Ihnen ein neues Passwort geben.
login-too-many = Zu viele Versuche. Bitte warten Sie 15 Minuten, oder bitten Sie Ihren Administrator um ein neues Passwort.
login-again = Sie wurden abgemeldet. Bitte melden Sie sich noch einmal an.
login-help = Was ist das, und was soll ich tun?
login-no-password = Ich habe kein Passwort
languages = Sprache
closed-title = E-Mail funktioniert normal
closed-for-you-title = E-Mail funktioniert für Sie normal
closed-use-outlook = Bitte verwenden Sie Outlook wie gewohnt.
closed-for-you = Im Moment arbeiten nur einige mit Lifeboat, und Sie gehören nicht dazu.
closed-opens = Diese Seite öffnet sich von selbst, wenn der Mailserver ausfällt. Dann können Sie Ihre E-Mails hier lesen und beantworten.
closed-suspect = Lifeboat sieht sich den Mailserver gerade genauer an. Bleibt er weg, öffnet sich diese Seite in weniger als einer Minute.
closed-look-again = Noch einmal nachsehen
closed-help = Was ist Lifeboat?
over-title = Der Mailserver arbeitet wieder
over-lead = Sie wurden hier abgemeldet. Bitte verwenden Sie wieder Outlook.
over-in = Was für Sie eingetroffen ist, liegt in Ihrem normalen Postfach.
over-out = Was Sie hier gesendet haben und Ihre Entwürfe kommen als eine Nachricht mit allem im Anhang in Ihr normales Postfach.
over-drill = Nach einer Übung gibt es nichts zu suchen: Was Sie in ihr geschrieben haben, ging an niemanden.
over-nothing = Sie müssen nichts weiter tun.

help-title = Hilfe
help-what = Was ist Lifeboat?
help-what-text = Lifeboat ist ein kleines Gerät in Ihrem Büro, das Ihre E-Mail in Gang hält, wenn der normale Mailserver ausfällt. Es nimmt die E-Mails an, die für Sie eintreffen, und lässt Sie diese hier in jedem Browser lesen und beantworten. Ist der Mailserver wieder da, wird alles an Ihr normales Postfach übergeben.
help-now = Was soll ich jetzt tun?
help-now-open = Der Mailserver ist ausgefallen. Melden Sie sich an, und lesen und beantworten Sie Ihre E-Mails hier, bis er wieder da ist.
help-now-handing-over = Der Mailserver ist wieder da, und Ihre E-Mails werden übergeben. Bitte verwenden Sie wieder Outlook.
help-now-practice = Dies ist eine Übung: E-Mail funktioniert normal. Melden Sie sich an, und versuchen Sie, Ihre E-Mails hier zu lesen.
help-now-read-only = E-Mail funktioniert normal. Bitte verwenden Sie Outlook. Sie können hier etwas nachsehen, aber nicht schreiben.
help-now-closed = E-Mail funktioniert normal. Bitte verwenden Sie Outlook wie gewohnt; hier ist nichts zu tun.
help-inside = Was finde ich hier?
help-inside-mail = Ihre E-Mails der letzten Wochen, soweit sie durch Lifeboat gingen, und alles, was jetzt eintrifft.
help-inside-sent = Was Sie hier schreiben. Entwürfe bewahren sich selbst auf, und was Sie senden, können Sie zehn Sekunden lang zurücknehmen. Öffnen Sie eine Nachricht in „Gesendet“, um zu sehen, wer sie bekommen hat.
help-after = Was geschieht danach?
help-after-in = Eingetroffene E-Mails kommen von selbst in Ihr normales Postfach. Sie müssen nichts tun.
help-after-out = Was Sie hier gesendet oder als Entwurf behalten haben, kommt ebenfalls in Ihr normales Postfach, in einer eigenen Nachricht.
help-after-over = Sie werden hier abgemeldet, und Outlook funktioniert wie vorher.
help-password = Ich habe kein Passwort
help-password-sent = Wenn der Mailserver ausfällt, kommt ein Passwort an die andere Adresse oder das Telefon, die Sie angegeben haben. Sehen Sie zuerst dort nach.
help-password-card = Auf einer Notfallkarte geben Sie statt des Passworts den nächsten Code ein, der nicht durchgestrichen ist, und streichen ihn durch.
help-password-ask = Sonst bitten Sie Ihren Administrator um eines; das dauert eine Minute.
help-password-which = Das Passwort gilt nur für Lifeboat; das für Outlook funktioniert hier nicht.
help-phone = Auf dem Handy
help-phone-text = Verbinden Sie es mit dem WLAN des Büros: Von außen ist diese Seite nicht erreichbar. Öffnen Sie dann den Link, den Sie bekommen haben, oder richten Sie die Kamera auf das Quadrat auf Ihrer Notfallkarte. Warnt der Browser vor dem Zertifikat, fragen Sie Ihren Administrator, bevor Sie weitermachen.
help-safe = Ist das sicher?
help-safe-text = Die Seite funktioniert nur im Netz Ihres Büros. Bilder, die eine Nachricht aus dem Internet laden würde, werden nicht von selbst geladen, und Anhänge werden hier nie ausgeführt. Wie immer gilt: Öffnen Sie keine Dateien, die Sie nicht erwartet haben.

settings-title = Einstellungen
settings-saved = Ihre Einstellungen sind gespeichert.
settings-code-sent = Ihr Telefon und Ihre Adresse sind notiert.
settings-writing = Schreiben und Lesen
settings-signature = Signatur
settings-signature-hint = Steht unter dem, was Sie schreiben. Höchstens { $max } Zeichen.
settings-language = Sprache
settings-language-browser = Wie im Browser eingestellt
settings-conversations = Antworten zusammen mit dem zeigen, worauf sie antworten (Unterhaltungen)
settings-shortcuts = Einzelne Tasten als Kurzbefehle verwenden; die Taste ? zeigt sie
settings-save = Speichern
settings-reach = Wie Sie erreichbar sind, wenn E-Mail ausfällt
settings-reach-none = Sie sind noch nicht erreichbar. Bitte geben Sie eine Adresse oder ein Telefon an.
settings-reach-known = Bisher bekannt:
settings-reach-only = Wird nur dafür verwendet. Nur Ihre Administratoren sehen es.
settings-reach-save = Speichern und bestätigen
settings-sessions = Wo Sie angemeldet sind
settings-session = { $count ->
    [one] Sie sind auf einem Gerät angemeldet.
   *[other] Sie sind auf { $count } Geräten angemeldet.
}
settings-session-since = seit { $since }, zuletzt benutzt { $seen }
settings-session-here = dieses
settings-sign-out-all = Überall abmelden
settings-sign-out-all-hint = Auch auf diesem Gerät. Verwenden Sie es, wenn Sie sich irgendwo nicht abgemeldet haben.
settings-password = Ihr Passwort kommt von Ihrem Administrator; bitten Sie dort um ein neues.

people-title = Adressbuch
people-field = Namen, Adressen und Gruppen durchsuchen
people-search = Suchen
people-count = { $count ->
    [one] 1 Person
   *[other] { $count } Personen
}
people-none = Niemand gefunden.
people-write = Schreiben
people-write-to = An { $name } schreiben
people-also = auch
people-in-groups = Gruppen:
people-group = Gruppe { $name }
people-all = Alle zeigen
people-next = Weiter
people-previous = Zurück

enrol-title = Wenn unsere E-Mail ausfällt
enrol-lead = Wie erreichen wir Sie dann, { $name }?
enrol-why = Wenn der Mailserver ausfällt, können Sie Ihre E-Mails ({ $address }) hier im Browser lesen und beantworten. Das teilen wir Ihnen mit, und wir senden Ihnen Ihr Passwort, an die Adresse oder das Telefon, die Sie jetzt angeben.
enrol-known = Bisher bekannt: { $known }. Was Sie hier angeben, gilt stattdessen.
enrol-address = Eine E-Mail-Adresse außerhalb des Büros
enrol-address-hint = Zum Beispiel Ihre private Adresse. Sie bekommt jetzt einen Code, damit wir wissen, dass sie Ihnen gehört.
enrol-phone = Ein Handy, wenn Sie möchten
enrol-phone-hint = Mit Landesvorwahl: +49 30 123456.
enrol-continue = Weiter
enrol-code-title = Ihr Code
enrol-code-sent = Ein Code mit sechs Ziffern ist unterwegs an { $email }. Das kann einige Minuten dauern; sehen Sie auch im Spam-Ordner nach.
enrol-code-wrong = { $left ->
    [one] Das ist nicht der Code. Bitte sehen Sie noch einmal nach: noch ein Versuch.
   *[other] Das ist nicht der Code. Bitte sehen Sie noch einmal nach: noch { $left } Versuche.
}
enrol-code-field = Der Code
enrol-code-confirm = Bestätigen
enrol-code-nothing = Nichts angekommen: Adresse berichtigen oder neuen Code senden
enrol-done-title = Vielen Dank
enrol-done-lead = Wenn unsere E-Mail ausfällt, erreichen wir Sie, { $name }:
enrol-done-mail = per E-Mail an { $email }
enrol-done-phone = unter dem Telefon, das auf { $digits } endet
enrol-done-nothing = noch nicht: Keine Adresse ist bestätigt
enrol-done-close = Sie müssen nichts weiter tun und können diese Seite schließen.
enrol-done-later = Sie können es später ändern: bei einem Ausfall hier in Ihren Einstellungen, sonst mit einer neuen Einladung von Ihrem Administrator.
enrol-invitation = Einladung
enrol-problem-nothing = Bitte geben Sie eine Adresse oder eine Telefonnummer an.
enrol-problem-address = Das ist keine Adresse (wie anna@example.net).
enrol-problem-office = Das ist eine Adresse des Büros: Sie fällt mit unserer E-Mail aus. Bitte geben Sie eine andere an.
enrol-problem-codes = Es wurden zu viele Codes gesendet. Bitte versuchen Sie es in einer Stunde noch einmal.
enrol-problem-phone = Das ist keine Telefonnummer (wie +49 30 123456).
enrol-problem-often = Das wurde zu oft geändert. Bitte versuchen Sie es in einer Stunde noch einmal.
enrol-problem-code-old = Dieser Code gilt nicht mehr. Senden Sie einen neuen an diese Adresse.
