# Hashes and arrays of small values, made, changed and dropped.
use strict;
use warnings;

my %rows;
for my $round (1 .. 3) {
  for my $i (1 .. 60000) {
    my $key = "key" . ($i * 7919 % 90000);
    push @{$rows{$key}{list}}, "value $i of round $round";
    $rows{$key}{$_}++ for ("a", "b" . $i % 5);
  }
  delete $rows{$_} for grep { length($_) % 2 } sort keys %rows;
  $_->{list} = [reverse @{$_->{list}}[0 .. 0]] for values %rows;
}
die unless keys %rows;
