package KernelFiles;
# The files by which the emulated kernel shows its memory. They are written into a staging folder; boot.pl mounts it
# over /proc and /sys. The pool files are the only memory of the emulation: what runs later reads them back.
use strict;
use warnings;
use BootMemory qw(bytes shown_pages);
use MappedPages qw(mapped_pages SMALL_KIB);
use Exporter 'import';
our @EXPORT_OK = qw(write_file read_file write_kernel_files read_pools read_used used_text write_pools show_memory drop_caches);

sub write_file {
  my ($path, $text) = @_;
  my $folder = '';
  for my $part (grep { length } split m{/}, $path =~ s{/[^/]+$}{}r) { $folder .= "/$part"; mkdir $folder }
  open my $file, '>', $path or die "$path: $!\n";
  print $file $text;
  close $file or die "$path: $!\n";
}

sub read_file {
  my ($path) = @_;
  open my $file, '<', $path or return undef;
  local $/;
  return scalar <$file>;
}

# The memory files of a fresh boot. stage: folder; memory: what boot_memory gave; real: { meminfo, cpuinfo } of the machine.
sub write_kernel_files {
  my ($stage, $model, $memory, $cmdline, $boot_id, $real) = @_;
  my $nodes = $#{ $model->{nodes} };
  write_file("$stage/proc/cmdline", "$cmdline\n");
  write_file("$stage/proc/boot_id", "$boot_id\n");
  write_file("$stage/proc/cpuinfo", cpuinfo($real->{cpuinfo}, $model));
  write_file("$stage/default_kib", "$memory->{defaultKib}\n");
  write_file("$stage/proc/real_meminfo", $real->{meminfo});
  for my $list (qw(online possible has_memory has_normal_memory has_cpu)) {
    write_file("$stage/node/$list", ($nodes ? "0-$nodes" : '0') . "\n");
  }
  for my $kib (keys %{ $memory->{pools} }) {
    for my $name (qw(resv_hugepages surplus_hugepages nr_overcommit_hugepages nr_hugepages_mempolicy)) {
      write_file("$stage/mm/hugepages/hugepages-${kib}kB/$name", "0\n");
    }
    for my $node (0 .. $nodes) {
      write_file("$stage/node/node$node/hugepages/hugepages-${kib}kB/surplus_hugepages", "0\n");
    }
  }
  for my $node (0 .. $nodes) {
    write_file("$stage/node/node$node/distance", join(' ', map { $_ == $node ? 10 : 21 } 0 .. $nodes) . "\n");
  }
  my $total = 0;
  $total += bytes($_->{memory}) / 1024 for @{ $model->{nodes} };
  write_caches($stage, int($total * 0.001), int($total * 0.01), int($total * 0.002));
  write_pools($stage, $model, $memory->{pools});
}

# Pool sizes everywhere the kernel shows them. used: { kib => [pages per node] } that processes have.
sub write_pools {
  my ($stage, $model, $pools, $used) = @_;
  $used //= mapped_pages($stage);
  my $default = 0 + read_file("$stage/default_kib");
  for my $kib (keys %$pools) {
    my $shown = shown_pages($pools, $used, $kib);
    my $free = [map { $shown->[$_] - ($used->{$kib}[$_] // 0) } 0 .. $#$shown];
    my $surplus = [map { $shown->[$_] - $pools->{$kib}[$_] } 0 .. $#$shown];
    my %files = (nr => $shown, free => $free, surplus => $surplus);
    for my $name (keys %files) {
      write_file("$stage/mm/hugepages/hugepages-${kib}kB/${name}_hugepages", sum($files{$name}) . "\n");
      write_file("$stage/node/node$_/hugepages/hugepages-${kib}kB/${name}_hugepages", "$files{$name}[$_]\n") for 0 .. $#$shown;
    }
    write_file("$stage/vm/nr_hugepages", sum($shown) . "\n") if $kib == $default;
  }
  my @lines = map { "$_ @{ $pools->{$_} }\n" } sort { $a <=> $b } keys %$pools;
  write_file("$stage/pools", join '', @lines);
  write_file("$stage/used", used_text($used));
  write_meminfo($stage, $model, $pools, $used, $default);
}

# { kib => [pages per node] } as last settled: what was asked for and given. What processes have beyond it is surplus.
sub read_pools {
  my ($stage) = @_;
  return read_pages("$stage/pools");
}

# The same of the pages that processes had then.
sub read_used { my ($stage) = @_; return read_pages("$stage/used") }

sub used_text { my ($used) = @_; return join '', map { "$_ @{ $used->{$_} }\n" } sort { $a <=> $b } keys %$used }

sub read_pages {
  my ($path) = @_;
  return { map { my ($kib, @pages) = split; $kib => \@pages } split /\n/, read_file($path) // '' };
}

# What changed beside pools is shown too.
sub show_memory {
  my ($stage, $model) = @_;
  write_meminfo($stage, $model, read_pools($stage), read_used($stage), 0 + read_file("$stage/default_kib"));
}

sub sum { my $sum = 0; $sum += $_ for @{ $_[0] }; return $sum }

sub write_meminfo {
  my ($stage, $model, $pools, $used, $default) = @_;
  my @node_kib = map { bytes($_->{memory}) / 1024 } @{ $model->{nodes} };
  my (@node_huge, @node_free, %default);
  for my $node (0 .. $#node_kib) {
    $node_huge[$node] += $_ * shown_pages($pools, $used, $_)->[$node] for keys %$pools;
    my $left = $node_kib[$node] - $node_huge[$node] - SMALL_KIB * ($used->{ +SMALL_KIB }[$node] // 0);
    $node_free[$node] = $left > 0 ? int($left * 0.97) : 0;
  }
  my $shown = shown_pages($pools, $used, $default);
  my $free = [map { $shown->[$_] - ($used->{$default}[$_] // 0) } 0 .. $#$shown];
  my $surplus = [map { $shown->[$_] - $pools->{$default}[$_] } 0 .. $#$shown];
  my $total = sum(\@node_kib);
  my ($buffers, $cached, $slab) = split ' ', read_file("$stage/caches");
  my ($swap, $swapped) = (0, 0);
  for ((read_file("$stage/proc/swaps") // '') =~ /^\S+\s+(?:partition|file)\s+(\d+\s+\d+)/mg) {
    my ($size, $in_use) = split;
    $swap += $size;
    $swapped += $in_use;
  }
  my %shown = (
    MemTotal => $total, MemFree => sum(\@node_free), MemAvailable => sum(\@node_free), Buffers => $buffers,
    Cached => $cached, SReclaimable => $slab, SwapTotal => $swap, SwapFree => $swap - $swapped,
    HugePages_Total => sum($shown), HugePages_Free => sum($free), HugePages_Rsvd => 0,
    HugePages_Surp => sum($surplus), Hugepagesize => $default, Hugetlb => sum(\@node_huge),
  );
  my $text = read_file("$stage/proc/real_meminfo");
  $text =~ s/^(\w+):(\s+)(\d+)( kB)?$/exists $shown{$1} ? line($1, $shown{$1}, $4) : "$1:$2$3" . ($4 \/\/ '')/meg;
  write_file("$stage/proc/meminfo", $text);
  for my $node (0 .. $#node_kib) {
    write_file("$stage/node/node$node/meminfo", join '', map { "Node $node $_\n" }
      line('MemTotal', $node_kib[$node], ' kB'), line('MemFree', $node_free[$node], ' kB'),
      line('MemUsed', $node_kib[$node] - $node_free[$node], ' kB'),
      line('HugePages_Total', $shown->[$node]), line('HugePages_Free', $free->[$node]),
      line('HugePages_Surp', $surplus->[$node]));
  }
}

# Columns as /proc/meminfo has them.
sub line { my ($name, $value, $unit) = @_; return sprintf('%-16s%8d', "$name:", $value) . ($unit // '') }

sub cpuinfo {
  my ($text, $model) = @_;
  $text =~ s/^(flags\s*:.*)$/flags($1, $model->{pdpe1gb})/meg;
  return $text;
}

sub flags {
  my ($line, $wanted) = @_;
  $line =~ s/ pdpe1gb\b//;
  return $wanted ? "$line pdpe1gb" : $line;
}

# KiB of Buffers, Cached and SReclaimable: a boot fills them, dropping empties them but for what is in use.
sub write_caches { my ($stage, @kib) = @_; write_file("$stage/caches", "@kib\n") }

# level: bit 0 for pages, bit 1 for directory entries and inodes.
sub drop_caches {
  my ($stage, $model, $level) = @_;
  my ($buffers, $cached, $slab) = split ' ', read_file("$stage/caches");
  my $kept = sub { my ($kib, $bit) = @_; return $level & $bit ? int($kib / 8) : $kib };
  write_caches($stage, $kept->($buffers, 1), $kept->($cached, 1), $kept->($slab, 2));
  show_memory($stage, $model);
}

1;
