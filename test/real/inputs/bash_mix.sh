# Many small strings in bash: loops, arrays, here documents, substitutions, subshells, pipes, traps.
# shellcheck shell=bash disable=SC2015,SC2018,SC2019,SC2050 # odd forms are the point here
set -eu
declare -A count=()
words=()
for ((i = 0; i < 20000; i++)); do
  word="w$((i * 7919 % 613))"
  words+=("$word")
  count[$word]=$((${count[$word]:-0} + 1))
done
echo "${#words[@]} words, ${#count[@]} different"
for key in "${!count[@]}"; do echo "$key ${count[$key]}"; done | sort | head -20
printf '%s\n' "${words[@]:100:5}" "${words[@]/#w/x}" | md5sum

text=
for i in {1..2000}; do text+="line $i of ${text:0:20}"$'\n'; done
echo "${#text} ${text//line/LINE}" | md5sum
unset 'words[5]' 'words[7]'
echo "${#words[@]}"

deep() { (($1 == 0)) && echo bottom || deep $(($1 - 1)); }
deep 500
for i in {1..100}; do (echo "subshell $i" | tr a-z A-Z); done | tail -1
mapfile -t lines < <(seq 1 5000)
echo "${#lines[@]} ${lines[4999]}"
cat <<EOF | wc -c
$(for i in {1..500}; do echo "here $i"; done)
EOF
[[ "key=value; other=1" =~ ^([a-z]+)=([a-z]+)\;\ (.*)$ ]] && echo "${BASH_REMATCH[@]}"
coproc { while read -r line; do echo "<$line>"; done; }
echo hello >&"${COPROC[1]}"
read -r answer <&"${COPROC[0]}"
echo "$answer"
trap 'echo bye; exit 3' EXIT
trap 'echo usr1' USR1
kill -USR1 $$
