# sshd: the process that talks to a stranger sits in a sandbox of system calls, in an empty root, as another user.
load service

@test "sshd with one login" {
  local port
  port=$(free_port)
  mkdir -p /run/sshd
  ssh-keygen -q -t ed25519 -N '' -f host
  ssh-keygen -q -t ed25519 -N '' -f key
  cat >sshd.conf <<END
ListenAddress 127.0.0.1
Port $port
HostKey $place/host
AuthorizedKeysFile $place/key.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
END
  start /usr/sbin/sshd -D -e -f "$place/sshd.conf"
  login() {
    ssh -i key -p "$port" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes \
      root@127.0.0.1 'echo "inside: $((6 * 7))"'
  }
  within 20 login
  grep -q 'inside: 42' "$BATS_TEST_TMPDIR/within.log"
  stop TERM # a session ends by itself, a moment after its server
  if [[ -x /usr/lib/openssh/sshd-session ]]; then # since OpenSSH 9.8 a connection has a program of its own
    within 20 dumps_of sshd 1
    within 20 dumps_of sshd-session 2
  else
    within 20 dumps_of sshd 2
  fi
  refute grep -a -i -e 'sandbox' -e 'unexpected' -e 'bad system call' -e 'fatal' service.log
}
