# Schreiben.
new-message = Neue Nachricht
message-text = Nachricht
send = Senden
not-sent-yet = Noch nicht gesendet
files-lost = Bitte wählen Sie Ihre Dateien noch einmal aus: Browser behalten sie nicht.
copies = Kopien (Cc, Bcc)
bcc-field = Bcc – die anderen sehen diese nicht
carried-files = Dateien der ursprünglichen Nachricht
attach-files = Dateien anhängen
files-limit = Zusammen bis zu { $size }.
problem-in-to = An:
problem-in-cc = Cc:
problem-in-bcc = Bcc:
problem-nobody = Bitte geben Sie an, an wen die Nachricht geht.
problem-too-many = { $count } Empfänger sind zu viele. Höchstens { $max }, bitte.
problem-field-long = Zu lang. Höchstens { $max } Empfänger, bitte.
# $named ist eine Liste des Eingegebenen, $more die Zahl der übrigen.
problem-not-address = { $named } ist keine Adresse (wie anna@example.com).
problem-not-addresses = { $named } sind keine Adressen (wie anna@example.com).
problem-not-addresses-more = { $named } und { $more } weitere sind keine Adressen (wie anna@example.com).
problem-subject-long = Der Betreff ist zu lang. Höchstens { $max } Zeichen, bitte.
problem-source-lost = Die ursprüngliche Nachricht ist nicht lesbar, deshalb würden ihre Anhänge fehlen. Bitte beginnen Sie noch einmal bei der Nachricht.
problem-too-large = Die Nachricht ist mit ihren Dateien zu groß: { $size }, wie sie gesendet würde, höchstens { $max }. Bitte senden Sie weniger oder kleinere Dateien.
problem-disk-full = Die Festplatte dieses Geräts ist voll. Die Nachricht wurde nicht gesendet; bitte sagen Sie es Ihrem Administrator.
problem-disk-failed = Das konnte nicht gespeichert werden. Bitte versuchen Sie es noch einmal; wenn es wieder nicht geht, sagen Sie es Ihrem Administrator.
problem-drill-over = Die Übung, in der Sie dies geschrieben haben, ist vorbei: Der Mailserver ist jetzt wirklich ausgefallen. Es wurde nichts gesendet. Wenn Sie es ernst meinen, drücken Sie auf Senden: Dann geht es hinaus.
problem-before-drill = Sie haben dies vor der Übung geschrieben. Es wurde nicht gesendet. Wenn Sie jetzt auf Senden drücken, bleibt es in der Übung; E-Mail funktioniert normal, senden Sie es also mit Outlook.
problem-signed-in-again = Sie haben sich inzwischen neu angemeldet. Nichts ist verloren: Bitte prüfen Sie Ihre Nachricht und drücken Sie noch einmal auf Senden.
# Diese stehen in der Nachricht selbst.
wrote = Am { $date } schrieb { $who }:
somebody = jemand
forwarded-message = Weitergeleitete Nachricht
not-in-fields = Nicht gesendet. Bitte löschen Sie diese Zeile vor dem Senden. { $lost }
unnamed-file = Datei
unsent = Gesendet.
unsent-more = { $seconds ->
    [one] Noch eine Sekunde lang können Sie es zurücknehmen.
   *[other] Noch { $seconds } Sekunden lang können Sie es zurücknehmen.
}
unsent-undo = Rückgängig
