load compare

@test "perl loads the shim" {
  loads /usr/bin/perl -e 1
}

@test "perl: hashes, regexes, closures, fork" {
  export PERL_HASH_SEED=0
  want=7 same /usr/bin/perl "$INPUTS/mix.pl"
}

@test "perl: everything is freed at the end" {
  PERL_DESTRUCT_LEVEL=2 same /usr/bin/perl -e 'my @a = map { { n => $_ } } 1 .. 50000; print scalar(@a), "\n"'
}

@test "perl: five hundred files" {
  same /usr/bin/perl -MFile::Find -MFile::Temp -MPOSIX=strftime -e '
    my $d = File::Temp->newdir; for (1 .. 500) { open my $f, ">", "$d/f$_" or die; print $f "x" x $_ }
    my $n; find(sub { $n += -s if -f }, $d); print "$n ", strftime("%F", gmtime 86400), "\n"'
}
