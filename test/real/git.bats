load compare

@test "git loads the shim" {
  loads /usr/bin/git --version
}

@test "git: init, add, commit, merge, gc, repack, blame, clone, rebase, push" {
  same /bin/bash "$INPUTS/git_session.sh"
}
