package KernelSettings;
# Files of the emulated kernel that take a value, and what becomes of a value that is written. Pure.
# The rules are those of Linux 6.1. A kernel refuses a wrong value with EINVAL; here the writer hears nothing, but the
# value stays as it was. Nor can reading a write-only file be refused to root.
use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(transparent_pages vm_settings settled);

use constant ANY => 2147483647;

my @RULES = (
  [qr{^mm/transparent_hugepage/(enabled|defrag|shmem_enabled)$}, \&word],
  [qr{^mm/transparent_hugepage/(khugepaged/defrag|use_zero_page)$}, number(0, 1)],
  [qr{^cpu/cpufreq/policy\d+/scaling_governor$}, \&governor],
  [qr{^cpu/cpu\d+/cpuidle/state\d+/disable$}, number(0, 1)],
  [qr{^(cpu|node|mm/transparent_hugepage)/}, \&stays],
  [qr{^zswap/enabled$}, \&yes_or_no],
  [qr{^vm/swappiness$}, number(0, 200)],
  [qr{^vm/overcommit_memory$}, number(0, 2)],
  # Both ask for something to be done and keep nothing.
  [qr{^vm/drop_caches$}, \&stays],
  [qr{^vm/compact_memory$}, \&stays],
  [qr{^vm/(zone_reclaim_mode|min_free_kbytes|overcommit_ratio|overcommit_kbytes)$}, number(0, ANY)],
);

# What a file says after $written was written to it. $other reads a sibling. Files that no rule is about take everything.
sub settled {
  my ($path, $was, $written, $other) = @_;
  my ($rule) = grep { $path =~ $_->[0] } @RULES or return $written;
  return $rule->[1]->($was, $written =~ s/\n\z//r, $other);
}

# Of a list of words the brackets move to the one that was written.
sub word {
  my ($was, $written) = @_;
  my @words = map { tr/[]//dr } split ' ', $was;
  my $word = written_word($was, $written, @words) // return $was;
  return join(' ', map { $_ eq $word ? "[$_]" : $_ } @words) . "\n";
}

sub governor {
  my ($was, $written, $other) = @_;
  my $word = written_word($was, $written, split ' ', $other->('scaling_available_governors'));
  return defined $word ? "$word\n" : $was;
}

# A kernel gets what was written; a file also keeps what was longer and not overwritten, as by systemd-tmpfiles.
sub written_word {
  my ($was, $written, @offered) = @_;
  my @whole = grep { $_ eq $written } @offered;
  my @over = grep { length $_ <= length $was && "$written\n" eq $_ . substr $was, length $_ } @offered;
  return (@whole, @over)[0];
}

sub number {
  my ($least, $most) = @_;
  return sub {
    my ($was, $written) = @_;
    return $written =~ /^\s*(\d+)\s*$/ && $1 >= $least && $1 <= $most ? "$1\n" : $was;
  };
}

sub yes_or_no {
  my ($was, $written) = @_;
  return $written =~ /^\s*[yY1]/ ? "Y\n" : $written =~ /^\s*[nN0]/ ? "N\n" : $was;
}

sub stays { return $_[0] }

# Transparent huge pages after a boot: what the kernel was built with, or the last word of the command line.
# Gives ({ path => text }, messages).
sub transparent_pages {
  my ($cmdline, $model) = @_;
  my ($enabled, @messages) = ("always madvise never\n");
  $enabled = word($enabled, $model->{transparentHugePages});
  for my $wish ($cmdline =~ /(?:^|\s)transparent_hugepage=(\S*)/g) {
    my $now = word($enabled, $wish);
    if ($now =~ /\[\Q$wish\E\]/) { $enabled = $now } else { push @messages, 'transparent_hugepage= cannot parse, ignored' }
  }
  return ({
    enabled => $enabled,
    defrag => "always defer defer+madvise [madvise] never\n",
    shmem_enabled => "always within_size advise [never] deny force\n",
    hpage_pmd_size => "2097152\n", use_zero_page => "1\n", 'khugepaged/defrag' => "1\n",
  }, @messages);
}

# /proc/sys/vm after a boot: { name => text }. The rest is as the machine has it.
sub vm_settings {
  my ($total_kib) = @_;
  my $min_free = int sqrt($total_kib * 16);
  return {
    swappiness => "60\n", zone_reclaim_mode => "0\n", overcommit_memory => "0\n", overcommit_ratio => "50\n",
    overcommit_kbytes => "0\n", min_free_kbytes => ($min_free > 262144 ? 262144 : $min_free) . "\n",
    drop_caches => '', compact_memory => '', nr_hugepages_mempolicy => "0\n", nr_overcommit_hugepages => "0\n",
  };
}

1;
