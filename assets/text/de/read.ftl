# Eine Nachricht.
from = Von
answers-go-to = Antworten gehen an
to = An
cc = Cc
bcc = Bcc
date = Datum
subject = Betreff
message-actions = Was Sie mit dieser Nachricht tun können
edit-and-send = Bearbeiten und senden
reply = Antworten
reply-all = Allen antworten
forward = Weiterleiten
forward-whole = Als Datei weiterleiten
send-again = Erneut senden
shown-as-text = Sie sehen den reinen Text.
show-designed = So anzeigen, wie sie gestaltet ist
show-text = Reinen Text anzeigen
own-tab = In eigenem Tab öffnen
no-text = Diese Nachricht enthält keinen Text.
remote-blocked = Bilder aus dem Internet werden nicht geladen, damit der Absender nicht erfährt, dass Sie dies lesen.
the-message = Die Nachricht
message-cut = Diese Nachricht ist sehr lang und wird nicht ganz angezeigt. Speichern Sie sie als Datei, um alles zu sehen.
save-as-file = Als Datei speichern (.eml)
attachments = { $count ->
    [one] 1 Anhang
   *[other] { $count } Anhänge
}
who-got-it = Wer sie bekommen hat
recipient = Empfänger
what-happened = Was geschehen ist

# Wie es der Nachricht an einen Empfänger ergeht. $at ist eine kurze Zeit, $reply die Antwort des anderen Servers.
fate-in-session = Wird gerade übergeben
fate-inside = Im Lifeboat-Posteingang des Empfängers; kommt ins normale Postfach, sobald der Mailserver wieder da ist
fate-waits-for-server = Wartet, bis der Mailserver wieder da ist
fate-waits = Wartet auf das Senden
fate-tried = Noch nicht durchgekommen, wird erneut versucht
fate-tried-answer = Noch nicht durchgekommen, wird erneut versucht. Letzte Antwort: { $reply }
fate-handed-over = An den Mailserver übergeben, { $at }
fate-delivered = Nach außen zugestellt, { $at }
fate-refused = Abgelehnt: { $reply }
fate-bounced = Zurückgekommen: { $reply }
fate-gate = Wartet: Der Mailserver ist noch nicht ganz bereit und wird erneut gefragt
fate-held = Zurückgehalten; Ihr Administrator sieht es sich an
fate-not-yet = Wartet auf das Senden. Einige Sekunden lang können Sie es noch zurücknehmen.
fate-withdrawn = Nicht gesendet: Sie haben es zurückgenommen

# Zur Nachricht.
back-to-message = Nachricht
message-outer = Die Nachricht, in der diese steckt
message-more = Die Nachricht, wie sie kam
message-source = Quelltext anzeigen
message-print = Druckansicht
message-remarks = Zu dieser Nachricht
remark-many-senders = Diese Nachricht nennt mehrere Absender. Das ist ungewöhnlich.
remark-other-address = Der Name des Absenders sieht wie eine Adresse aus, ist aber nicht die Adresse, von der die Nachricht kam.
remark-other-reply = Antworten gehen an eine andere Adresse als die des Absenders. Prüfen Sie, ob Sie sie kennen.
remark-signed = Diese Nachricht ist signiert. Die Signatur wurde hier nicht geprüft.
remark-encrypted = Diese Nachricht ist verschlüsselt. Sie kann nur in Outlook gelesen werden, wo Ihr Schlüssel ist. Die verschlüsselte Nachricht ist bei den Anhängen.
remark-encrypted-pgp = Diese Nachricht ist mit PGP verschlüsselt. Sie kann nur mit Ihrem eigenen Schlüssel gelesen werden, nicht hier.
remark-high = Vom Absender als wichtig markiert.
remark-low = Vom Absender als nicht eilig markiert.
remark-receipt = Der Absender bittet um eine Lesebestätigung. Von hier wird keine gesendet.
pictures-load = Bilder aus dem Internet laden
pictures-tell = Nur für diese eine Ansicht. Der Absender kann dann sehen, dass, wann und von wo Sie die Nachricht geöffnet haben.
quote-folded = { $count ->
    [one] 1 zitierte Zeile
   *[other] { $count } zitierte Zeilen
}
unsubscribe-title = Von dieser Liste abmelden
unsubscribe-mail = Eine Nachricht schreiben, die Sie abmeldet
unsubscribe-page = öffnet die Seite des Absenders

# Dateien.
file-actions = Was Sie mit dieser Datei tun können
file-save = Speichern ({ $size })
file-view = Ansehen
file-open = Öffnen
file-viewer = Im Betrachter öffnen
file-viewer-tells = Der Betrachter Ihres Browsers zeigt sie in einem eigenen Tab.
file-cut = Diese Datei ist sehr lang und wird nicht ganz angezeigt.
file-no-view = Für diese Datei gibt es keine Vorschau. Speichern Sie sie und öffnen Sie sie mit einem Programm, dem Sie vertrauen.
file-unpacked = Der Inhalt wird hier gezeigt.
file-program-warning = Das ist ein Programm. Öffnen Sie es nur, wenn Sie es erwartet haben und den Absender kennen.
files-zip = Alle als Zip-Datei speichern
files-too-many = Das sind zu viele Dateien für ein Archiv. Bitte speichern Sie sie einzeln.
file-picture = Bild
file-pdf = PDF
file-text = Text
file-document = Dokument
file-sheet = Tabelle
file-slides = Präsentation
file-archive = Archiv
file-audio = Ton
file-video = Video
file-message = Nachricht
file-calendar = Kalendereintrag
file-contact = Kontakt
file-web-page = Webseite
file-signature = Signatur
file-program = Programm
file-other = Datei
source-title = Quelltext der Nachricht
source-cut = Nur der Anfang wird gezeigt. Speichern Sie sie, um alles zu sehen.

# Berichte über gesendete Nachrichten.
report-title = Was aus Ihrer Nachricht wurde
report-said = Technische Einzelheiten
report-failed = Wurde nicht zugestellt.
report-delayed = Noch nicht zugestellt.
report-delivered = Zugestellt.
report-relayed = Weitergegeben. Ob sie ankommt, wird nicht gemeldet.
report-read = Ihre Nachricht wurde dort geöffnet.
report-unread = Ihre Nachricht wurde dort bearbeitet, ohne angezeigt zu werden.
why-person = Ein Postfach dieses Namens gibt es nicht.
why-domain = Der Teil nach dem @ führt zu keinem Mailserver.
why-closed = Das Postfach ist zurzeit geschlossen.
why-full = Das Postfach ist voll.
why-large = Die Nachricht ist dort zu groß.
why-system = Das andere Mailsystem hat ein Problem.
why-unreachable = Der andere Mailserver war nicht zu erreichen.
why-gave-up = Es wurde zu lange vergeblich versucht.
why-loop = Die Nachricht lief im Kreis.
why-content = Solche Inhalte werden dort nicht angenommen.
why-rule = Sie wurde dort von einer Regel abgelehnt, zum Beispiel als Spam.
advice-unsaid = Fragen Sie den Empfänger auf anderem Weg.
advice-person = Prüfen Sie die Adresse auf Tippfehler oder fragen Sie nach der richtigen.
advice-domain = Prüfen Sie die Adresse auf Tippfehler.
advice-other-way = Erreichen Sie den Empfänger auf anderem Weg oder versuchen Sie es später noch einmal.
advice-large = Senden Sie weniger oder kleinere Dateien.
advice-later = Versuchen Sie es später noch einmal.
advice-admin = Sagen Sie es Ihrem Administrator.
advice-content = Senden Sie es in anderer Form, zum Beispiel als PDF.
advice-rule = Bitten Sie den Empfänger, Sie zuzulassen, oder erreichen Sie ihn auf anderem Weg.
advice-wait = Es wird von selbst weiter versucht. Sie müssen nichts tun.

# Einladungen. $name ist, wer geantwortet hat.
invitation-request = Einladung
invitation-update = Geänderte Einladung
invitation-cancelled = Abgesagt
invitation-cancelled-tells = Das findet nicht statt. Entfernen Sie es aus Ihrem Kalender, sobald Outlook wieder da ist.
invitation-publish = Kalendereintrag
invitation-counter = { $name } schlägt eine andere Zeit vor
invitation-counter-declined = Der Organisator hat Ihren Vorschlag nicht angenommen
invitation-accepted = { $name } kommt
invitation-tentative = { $name } kommt vielleicht
invitation-declined = { $name } kommt nicht
invitation-delegated = { $name } schickt jemand anderen
invitation-open = { $name } hat noch nicht entschieden
invitation-somebody = Jemand
invitation-when = Wann
invitation-where = Wo
invitation-organizer = Organisator
invitation-guests = Gäste
invitation-repeats = Wiederholt sich
invitation-next = Nächste Termine
invitation-comment = Kommentar
invitation-untitled = (ohne Titel)
invitation-no-time = Keine Zeit angegeben
invitation-all-day = { $day }, ganztägig
invitation-days = { $from } bis { $to }
invitation-until = { $from } bis { $to }
invitation-there = Dort ({ $zone }): { $time }
invitation-more = { $count ->
    [one] Ein weiterer Eintrag ist in der angehängten Datei.
   *[other] { $count } weitere Einträge sind in der angehängten Datei.
}
guest-open = keine Antwort
guest-accepted = zugesagt
guest-tentative = mit Vorbehalt
guest-declined = abgesagt
guest-delegated = vertreten
guest-optional = optional
answer-title = Kommen Sie?
answer-comment = Kommentar für den Organisator (optional)
answer-accept = Zusagen
answer-tentative = Mit Vorbehalt
answer-decline = Absagen
answer-tells = Ihre Antwort geht an { $organizer }. Tragen Sie den Termin in Ihren Kalender ein, sobald Outlook wieder da ist; die Einladung wird dort sein.
answer-sent = Ihre Antwort ist auf dem Weg zum Organisator.
answered-accepted = Sie haben zugesagt.
answered-tentative = Sie haben mit Vorbehalt zugesagt.
answered-declined = Sie haben abgesagt.
answer-again = Antwort ändern
answer-no-organizer = Diese Einladung sagt nicht, wem zu antworten ist.
answer-subject-accepted = Zugesagt: { $title }
answer-subject-tentative = Mit Vorbehalt: { $title }
answer-subject-declined = Abgesagt: { $title }
repeats-daily = { $count ->
    [one] jeden Tag
   *[other] alle { $count } Tage
}
repeats-weekly = { $count ->
    [one] jede Woche
   *[other] alle { $count } Wochen
}
repeats-monthly = { $count ->
    [one] jeden Monat
   *[other] alle { $count } Monate
}
repeats-yearly = { $count ->
    [one] jedes Jahr
   *[other] alle { $count } Jahre
}
repeats-on = am { $days }
repeats-nth = { $place }. { $day }
repeats-last = letzten { $day }
repeats-month-days = am Tag { $days }
repeats-until = bis { $day }
repeats-times = { $count }-mal
repeats-oddly = Es wiederholt sich auf eine Weise, die hier nicht gezeigt wird. Die angehängte Datei sagt es.

# Agenda.
agenda = Agenda
agenda-tells = Was aus Einladungen in Ihrem Postfach hier bekannt ist, für die nächsten { $days } Tage. Ihr ganzer Kalender ist in Outlook.
agenda-bound = Nur Ihre neuesten { $count } Nachrichten wurden angesehen, und wenn sehr viel darin ist, wird nicht alles gezeigt.
agenda-empty = In Ihrem Postfach hier sind keine Einladungen für die nächsten { $days } Tage.
agenda-declined = abgesagt
agenda-accepted = zugesagt
agenda-tentative = mit Vorbehalt
agenda-unanswered = keine Antwort
agenda-all-day = ganztägig
