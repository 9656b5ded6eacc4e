# Perl: hashes and regexes by the thousand, closures, sorting, eval, sprintf, fork with a pipe.
use strict; use warnings;
use List::Util qw(sum shuffle); use Data::Dumper; use Storable qw(dclone freeze thaw);
$| = 1; $Data::Dumper::Sortkeys = 1; $Data::Dumper::Indent = 1;
my (%h, @a);
for my $i (0 .. 60000) { my $k = "key" . ($i * 7919 % 20011); $h{$k}{n}++; push @{ $h{$k}{list} }, $i }
printf "%d keys, sum %d\n", scalar(keys %h), sum(map { $_->{n} } values %h);
print Dumper($h{key17});
delete @h{ grep { /7$/ } keys %h };
print scalar(keys %h), "\n";
my $text = join ' ', map { sprintf "%05d-%s", $_, chr(97 + $_ % 26) x ($_ % 9) } 1 .. 20000;
my %seen; $seen{$2}++ while $text =~ /(\d+)-([a-z]*)/g;
print join(',', map {"$_=$seen{$_}"} (sort keys %seen)[0 .. 20]), "\n";
(my $t = $text) =~ s/(\d{5})-(\w*)/length($2) . lc $1/ge; print length($t), ' ', unpack('%32C*', $t), "\n";
my @subs = map { my $n = $_; sub { $n * shift } } 1 .. 5000;
print sum(map { $_->(2) } @subs), "\n";
my @sorted = sort { $a->[1] cmp $b->[1] || $a->[0] <=> $b->[0] } map { [$_, "x" . $_ % 100] } 1 .. 20000;
print "$sorted[0][0] $sorted[-1][0]\n";
my $copy = thaw(freeze(dclone(\%h))); print scalar(keys %$copy), "\n";
my $died = eval { die { code => 42, list => [1 .. 10] } } || $@; print "$died->{code}\n";
undef %h;
for my $child (1 .. 20) {
  my $pid = open(my $pipe, '-|') // die "fork: $!";
  if (!$pid) {
    my %own = map { $_ => "v$_" } 1 .. 2000; print join('', map { $own{$_} } 1 .. 50), "\n"; exit $child;
  }
  my $line = <$pipe>; close $pipe; print length($line), ' status ', $? >> 8, "\n";
}
exit 7;
