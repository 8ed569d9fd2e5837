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
