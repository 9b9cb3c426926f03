package BootMemory;
# How Linux reads the huge page options of its command line and hands out memory for them.
# Pure: takes a command line and a memory model, gives pools and kernel messages; touches nothing.
# The rules and texts are those of Linux 6.1, mm/hugetlb.c, for x86-64.
use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(boot_memory resize_pool shown_pages bytes KIB_2M KIB_1G);

use constant { KIB_2M => 2048, KIB_1G => 1048576 };

# What the kernel and user space need to come up at all, over all nodes: below it the kernel panics.
use constant BOOT_NEEDS_KIB => 192 * 1024;

my %UNIT = ('' => 1, K => 2**10, M => 2**20, G => 2**30, T => 2**40);

# '64G' or a plain number of bytes.
sub bytes {
  my ($text) = @_;
  die "\"$text\" is no size: write a number and K, M, G or T\n" unless $text =~ /^(\d+)([KMGT]?)$/i;
  return $1 * $UNIT{uc $2};
}

# model: { pdpe1gb => bool, nodes => [{ memory => '64G', giantPages => 63 }] }
# giantPages: how many contiguous, aligned gibibytes the node has; by default all of its memory but one.
# Gives { defaultKib, pools => { kib => [pages per node] }, asked => { kib => n }, messages => [...], panic => text or undef }.
sub boot_memory {
  my ($cmdline, $model) = @_;
  my $state = {
    freeKib => [map { bytes($_->{memory}) / 1024 } @{ $model->{nodes} }],
    giant => [map { $_->{giantPages} // int(bytes($_->{memory}) / 2**30) - 1 } @{ $model->{nodes} }],
    pools => {}, messages => [],
  };
  my $options = read_options($cmdline, $model, $state);
  for my $kib (sort { $b <=> $a } keys %{ $options->{pools} }) {
    allocate($state, $kib, $options->{pools}{$kib}{want}) unless $kib == KIB_1G;
    push @{ $state->{messages} },
      sprintf 'HugeTLB: registered %s page size, pre-allocated %d pages', size_name($kib), total($state->{pools}{$kib});
  }
  my $left = 0;
  $left += $_ for @{ $state->{freeKib} };
  return {
    defaultKib => $options->{defaultKib},
    pools => $state->{pools},
    messages => $state->{messages},
    panic => $left < BOOT_NEEDS_KIB ? 'Kernel panic - not syncing: System is deadlocked on memory' : undef,
  };
}

# hugepagesz=, hugepages= and default_hugepagesz= in their order: the first of each size wins, and a count belongs
# to the size named before it. Giant pages are taken as they are read; smaller ones when all is read.
sub read_options {
  my ($cmdline, $model, $state) = @_;
  my %supported = (KIB_2M, 1);
  $supported{ +KIB_1G } = 1 if $model->{pdpe1gb};
  my (%pools, $default_kib, $current, $leading, $last);
  my $valid = 1;
  my $warn = sub { push @{ $state->{messages} }, "HugeTLB: $_[0]" };
  my $register = sub { $pools{ $_[0] } //= {}; $state->{pools}{ $_[0] } //= [map { 0 } @{ $state->{freeKib} }] };
  my $take = sub {
    my ($kib, $want) = @_;
    $pools{$kib}{want} = $want;
    allocate($state, $kib, $want) if $kib == KIB_1G;
  };

  for my $token (words($cmdline)) {
    my ($key, $value) = $token =~ /^([^=]+)=(.*)$/ or next;
    $key =~ tr/-/_/;
    if ($key eq 'default_hugepagesz') {
      $valid = 0;
      if (defined $default_kib) { $warn->("default_hugepagesz previously specified, ignoring $value"); next }
      my $kib = kib_of($value);
      if (!$supported{$kib}) { $warn->("unsupported default_hugepagesz=$value"); next }
      $register->($kib);
      ($default_kib, $current, $valid) = ($kib, $kib, 1);
      if (defined $leading) { $take->($kib, $leading); undef $leading }
    } elsif ($key eq 'hugepagesz') {
      $valid = 0;
      my $kib = kib_of($value);
      if (!$supported{$kib}) { $warn->("unsupported hugepagesz=$value"); next }
      if ($pools{$kib} && !(defined $default_kib && $kib == $default_kib && !$pools{$kib}{want})) {
        $warn->("hugepagesz=$value specified twice, ignoring");
        next;
      }
      $register->($kib);
      ($current, $valid) = ($kib, 1);
    } elsif ($key eq 'hugepages') {
      if (!$valid) { $warn->("hugepages=$value does not follow a valid hugepagesz, ignoring"); $valid = 1; next }
      my $place = $current // 'leading';
      if (defined $last && $last eq $place) {
        $warn->("hugepages= specified twice without interleaving hugepagesz=, ignoring hugepages=$value");
        next;
      }
      my $want = counts($value, scalar @{ $state->{freeKib} });
      if (!defined $want) { $warn->("Invalid hugepages parameter $value"); next }
      $last = $place;
      if (defined $current) { $take->($current, $want) } else { $leading = $want }
    }
  }
  $default_kib //= KIB_2M;
  # Both exist on a running system even where no option names them: giant pages can be had later, too.
  $register->($_) for KIB_2M, $supported{ +KIB_1G } ? KIB_1G : ();
  $take->($default_kib, $leading) if defined $leading && !$pools{$default_kib}{want};
  return { defaultKib => $default_kib, pools => \%pools };
}

# Takes as many pages as there is memory for: round robin over the nodes, or as many of each node as was asked.
sub allocate {
  my ($state, $kib, $want) = @_;
  return unless defined $want;
  if (!ref $want) {
    my $got = spread($state, $kib, $want);
    push @{ $state->{messages} }, sprintf 'HugeTLB: allocating %d of page size %s failed.  Only allocated %d hugepages.',
      $want, size_name($kib), $got if $got < $want;
    return;
  }
  for my $node (sort { $a <=> $b } keys %$want) {
    my $got = 0;
    $got++ while $got < $want->{$node} && take_page($state, $kib, $node);
    push @{ $state->{messages} }, sprintf 'HugeTLB: allocating %d of page size %s failed node%d.  Only allocated %d hugepages.',
      $want->{$node}, size_name($kib), $node, $got if $got < $want->{$node};
  }
}

sub spread {
  my ($state, $kib, $want) = @_;
  my $nodes = @{ $state->{freeKib} };
  my ($got, $next) = (0, 0);
  PAGE: while ($got < $want) {
    for my $try (0 .. $nodes - 1) {
      my $node = ($next + $try) % $nodes;
      next unless take_page($state, $kib, $node);
      $next = ($node + 1) % $nodes;
      $got++;
      next PAGE;
    }
    last;
  }
  return $got;
}

sub take_page {
  my ($state, $kib, $node) = @_;
  return 0 if $state->{freeKib}[$node] < $kib;
  return 0 if $kib == KIB_1G && $state->{pools}{$kib}[$node] >= $state->{giant}[$node];
  $state->{freeKib}[$node] -= $kib;
  $state->{pools}{$kib}[$node]++;
  return 1;
}

# Pages per node that the kernel shows of a size: those of the pool, and beyond them surplus pages still in use.
sub shown_pages {
  my ($pools, $used, $kib) = @_;
  return [map { my $has = $used->{$kib}[$_] // 0; $has > $pools->{$kib}[$_] ? $has : $pools->{$kib}[$_] } 0 .. $#{ $pools->{$kib} }];
}

# A write to nr_hugepages of a running kernel: of one node, or (node undef) of all, round robin.
# pools: { kib => [pages per node] }; used: the same of the pages that processes have, of whatever size.
# Gives the new list for this size. What cannot be had is silently not given; pages in use become surplus.
sub resize_pool {
  my ($model, $pools, $kib, $node, $want, $used) = @_;
  $used //= {};
  my $state = {
    freeKib => [map { bytes($_->{memory}) / 1024 } @{ $model->{nodes} }],
    giant => [map { $_->{giantPages} // int(bytes($_->{memory}) / 2**30) - 1 } @{ $model->{nodes} }],
    pools => { map { $_ => [@{ $pools->{$_} }] } keys %$pools },
  };
  for my $size (keys %$pools, grep { !$pools->{$_} } keys %$used) {
    my $taken = $pools->{$size} ? shown_pages($pools, $used, $size) : $used->{$size};
    $state->{freeKib}[$_] -= $size * $taken->[$_] for 0 .. $#$taken;
  }
  # A running system does not give its last memory away.
  $state->{freeKib}[$_] -= BOOT_NEEDS_KIB for 0 .. $#{ $state->{freeKib} };
  my $pool = $state->{pools}{$kib};
  my @nodes = defined $node ? ($node) : (0 .. $#$pool);
  my $now = total([@$pool[@nodes]]);
  # Surplus pages become pages of the pool again before any is taken from free memory.
  for my $each (@nodes) {
    while ($now < $want && ($used->{$kib}[$each] // 0) > $pool->[$each]) { $pool->[$each]++; $now++ }
  }
  my $next = 0;
  while ($now > $want) {
    my @from = grep { $pool->[$_] > 0 } map { $nodes[($next + $_) % @nodes] } 0 .. $#nodes;
    my ($from) = ((grep { $pool->[$_] > ($used->{$kib}[$_] // 0) } @from), @from);
    $pool->[$from]--;
    $next++;
    $now--;
  }
  if (defined $node) { $now++ while $now < $want && take_page($state, $kib, $node) }
  else { spread($state, $kib, $want - $now) if $want > $now }
  return $pool;
}

sub counts {
  my ($text, $nodes) = @_;
  return 0 + $text if $text =~ /^\d+$/;
  my %each;
  for my $pair (split /,/, $text) {
    return undef unless $pair =~ /^(\d+):(\d+)$/ && $1 < $nodes;
    $each{$1} = 0 + $2;
  }
  return %each ? \%each : undef;
}

# Blanks inside double quotes do not part words.
sub words { my ($line) = @_; return $line =~ /((?:"[^"]*"|[^\s"])+)/g }

sub kib_of {
  my ($text) = @_;
  return $text =~ /^(\d+)([KMGT]?)$/i ? $1 * $UNIT{uc $2} / 1024 : -1;
}

sub size_name { return $_[0] == KIB_1G ? '1.00 GiB' : '2.00 MiB' }

sub total { my $sum = 0; $sum += $_ for @{ $_[0] // [] }; return $sum }

1;
