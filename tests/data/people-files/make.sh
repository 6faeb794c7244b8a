#!/usr/bin/env bash
# Makes the files of this folder anew: our export of numbers.txt, and what LibreOffice and Gnumeric make of it and of a list that
# somebody typed. It names the programs' versions in versions.txt. Debian: apt-get install libreoffice-calc gnumeric.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" LC_ALL=C.UTF-8

if [ $# -gt 0 ]; then "$1" <numbers.txt; else cargo run --quiet -p licensing --example people_export <numbers.txt; fi >exported.csv
{
  printf 'address,programme,number,roles\r\n'
  row=0
  while IFS= read -r number; do
    row=$((row + 1))
    printf 'p%03d@contoso.example,select,"%s",download\r\n' "$row" "${number//\"/\"\"}"
  done <numbers.txt
} >typed.csv

# office FILE LANGUAGE QUOTED-IS-TEXT SEPARATOR RESULT: opened with the separator of the file, and saved as CSV.
# The tokens are those of LibreOffice's filter "Text - txt - csv": separator, mark, UTF-8, first row, columns, language, and so on.
office() {
  local opened=44
  case $1 in *semicolon*) opened=59 ;; esac
  soffice --headless --norestore --infilter="CSV:$opened,34,76,1,,$2,$3,true" \
    --convert-to "csv:Text - txt - csv (StarCalc):$4,34,76,1,,$2,false,true,false,false,false,-1" --outdir "$work/out" "$1" >"$work/log" 2>&1
  mv "$work"/out/*.csv "$5"
}
# through KIND FILE RESULT: opened, saved in a format of its own, opened again, and saved as CSV.
through() {
  soffice --headless --norestore --infilter='CSV:44,34,76,1,,0,false,true' --convert-to "$1" --outdir "$work/kept" "$2" >"$work/log" 2>&1
  soffice --headless --norestore \
    --convert-to 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1' --outdir "$work/out" "$work"/kept/* >"$work/log" 2>&1
  mv "$work"/out/*.csv "$3"
  rm -r "$work/kept"
}
gnumeric() { LC_ALL="$3" ssconvert "$1" "$2" >"$work/log" 2>&1; }

for kind in exported typed; do
  office "$kind.csv" 0 false 44 "$kind-office.csv"
  office "$kind.csv" 0 true 44 "$kind-office-as-text.csv"
  office "$kind.csv" 1031 false 59 "$kind-office-german-semicolon.csv"
  office "$kind-office.csv" 0 false 9 "$kind-office-twice.csv"
  through ods "$kind.csv" "$kind-office-ods.csv"
  through xlsx "$kind.csv" "$kind-office-xlsx.csv"
  gnumeric "$kind.csv" "$kind-gnumeric.csv" C.UTF-8
  gnumeric "$kind-gnumeric.csv" "$kind-gnumeric-twice.csv" C.UTF-8
  office "$kind-gnumeric.csv" 0 false 44 "$kind-gnumeric-office.csv"
  gnumeric "$kind-office.csv" "$kind-office-gnumeric.csv" C.UTF-8
done
{
  soffice --version | cut -d' ' -f1-2
  ssconvert --version 2>&1 | head -1
} >versions.txt
