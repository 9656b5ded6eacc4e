# LibreOffice: started by a script, which starts another program, which starts the one that counts.
load service

@test "libreoffice converts a document, and run is about the program that held most" {
  command -v soffice || skip 'no libreoffice'
  printf 'A line of text.\n%.0s' {1..500} >text.txt
  start_run soffice "-env:UserInstallation=file://$place/profile" --headless --convert-to pdf text.txt
  wait "$service"
  within 30 group_is_gone
  service=
  [[ $(head -c 5 text.pdf) == '%PDF-' ]]
  dumps_of soffice.bin 1 run
  # the summary's title, below the table of processes
  grep -E '^(soffice\.bin)' service.log
}
