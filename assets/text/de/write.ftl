# Schreiben, Senden und Zurücknehmen.
unsent = Gesendet.
unsent-more = Sekunden, um es zurückzunehmen: { $seconds }
unsent-undo = Rückgängig

write-title-new = Neue Nachricht
write-title-reply = Antworten
write-title-all = Allen antworten
write-title-forward = Weiterleiten
write-title-edit = Bearbeiten und senden
write-from = Von
write-to = An
write-cc = Cc
write-bcc = Bcc
write-bcc-more = Bcc – die anderen sehen diese nicht
write-copies = Kopien (Cc, Bcc)
write-subject = Betreff
write-text = Nachricht
write-files = Angehängte Dateien
write-files-hint = Dateien ohne Häkchen bleiben weg.
write-attach = Dateien anhängen
write-attach-hint = Zusammen bis zu { $max }. „Entwurf speichern“ hebt auch sie auf.
write-options = Optionen
write-priority = Wichtigkeit
write-priority-normal = Normal
write-priority-high = Hoch
write-priority-low = Niedrig
write-receipt = Die Empfänger um eine Lesebestätigung bitten
write-send = Senden
write-send-anyway = Trotzdem senden
write-save = Entwurf speichern
write-discard = Entwurf löschen
write-saved = In den Entwürfen gespeichert.
write-saved-at = In den Entwürfen gespeichert, { $time }.
write-saved-beside = In den Entwürfen gespeichert. Aus einem anderen Fenster gibt es eine andere Fassung dieses Entwurfs; beide sind aufgehoben.
write-saving = Wird gespeichert…
write-save-failed = Nicht gespeichert. Es wird wieder versucht, wenn Sie weiterschreiben; bitte lassen Sie dieses Fenster offen.
write-uploading = Dateien werden übertragen…
write-found = Gefundene Personen
write-undone = Zurückgenommen: Niemand hat es bekommen. Es liegt wieder in den Entwürfen.
write-not-yet = Noch nicht gesendet
write-files-lost = Bitte wählen Sie Ihre Dateien noch einmal aus: Browser heben sie nicht auf.
write-nobody = Bitte geben Sie an, an wen es geht.
write-too-many = { $count } Empfänger sind zu viele. Bitte höchstens { $max }.
write-too-long = Zu lang. Bitte höchstens { $max } Empfänger.
write-no-address = { $count ->
    [one] { $which } ist keine Adresse (wie ann@example.com).
   *[other] { $which } sind keine Adressen (wie ann@example.com).
}
write-no-address-more = { $which } und { $more } weitere sind keine Adressen (wie ann@example.com).
write-subject-long = Der Betreff ist zu lang. Bitte höchstens { $max } Zeichen.
write-no-subject = Der Betreff fehlt. Wenn das so sein soll, drücken Sie noch einmal auf Senden.
write-from-not = Unter dieser Adresse dürfen Sie nicht senden. Bitte wählen Sie eine andere.
write-too-large = Die Nachricht mit ihren Dateien ist zu groß: { $size }, so wie sie gesendet würde, höchstens { $max }. Bitte senden Sie weniger oder kleinere Dateien.
write-source-lost = Die ursprüngliche Nachricht ist nicht lesbar, deshalb würden ihre Anhänge fehlen. Bitte beginnen Sie noch einmal bei der Nachricht.
write-disk-full = Die Platte dieses Geräts ist voll, deshalb wurde nichts gesendet oder gespeichert. Bitte sagen Sie es Ihrem Administrator.
write-not-saved = Das konnte nicht gespeichert werden. Bitte versuchen Sie es noch einmal; wenn es wieder nicht geht, sagen Sie es Ihrem Administrator.
write-drill-keeps-nothing = In einer Übung werden keine Entwürfe aufgehoben. Dateien gehen mit, wenn Sie auf Senden drücken.
write-drill-over = Die Übung, in der Sie dies geschrieben haben, ist vorbei: Der Mailserver ist jetzt wirklich ausgefallen. Nichts wurde gesendet. Wenn Sie es so meinen, drücken Sie auf Senden: Dann geht es hinaus.
write-drill-begun = Sie haben dies vor der Übung geschrieben. Es wurde nicht gesendet. Wenn Sie jetzt auf Senden drücken, geht es nur in den Sandkasten der Übung; E-Mail funktioniert normal, senden Sie es also mit Outlook.
write-signed-in-again = Sie haben sich inzwischen neu angemeldet. Nichts ist verloren: Bitte prüfen Sie Ihre Nachricht und drücken Sie noch einmal auf Senden.
write-kept-note = [Nicht gesendet. Bitte nehmen Sie diese Zeile vor dem Senden heraus. Es war gedacht für: { $which }]

# Diese stehen in der Nachricht selbst.
wrote = Am { $date } schrieb { $who }:
somebody = jemand
forwarded-message = Weitergeleitete Nachricht
unnamed-file = Datei
