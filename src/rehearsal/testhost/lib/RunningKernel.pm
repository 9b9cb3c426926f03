package RunningKernel;
# What the running kernel makes of values that somebody wrote into the stage. Pools remember themselves; what other files
# said last is kept beside them.
use strict;
use warnings;
use JSON::PP;
use BootMemory qw(resize_pool shown_pages);
use KernelFiles qw(read_file write_file read_pools read_used used_text write_pools drop_caches);
use KernelSettings qw(settled);
use MappedPages qw(mapped_pages in_turn);
use TestHost qw(model count STAGE);
use Exporter 'import';
our @EXPORT_OK = qw(remember_settings settle settle_pools);

use constant SETTLED => STAGE . '/settled.json';

my $was;

# After a boot: this is what the files of the stage say, until somebody writes them.
sub remember_settings { write_file(SETTLED, encode_json({ map { $_ => read_file(STAGE . "/$_") } @_ })) }

# Settles a staged file that was written by a process, or every file where none is named.
sub settle {
  my ($path, $process) = @_;
  settle_pools() if !defined $path || $path =~ /nr_hugepages$/;
  $was //= decode_json(read_file(SETTLED));
  if (defined $path) { settle_file($path, $process) if exists $was->{$path}; return }
  for my $each (keys %$was) { settle_file($each) if read_file(STAGE . "/$each") ne $was->{$each} }
}

sub settle_file {
  my ($path, $process) = @_;
  my $written = read_file(STAGE . "/$path") // '';
  my $folder = STAGE . '/' . $path =~ s{[^/]+$}{}r;
  my $now = settled($path, $was->{$path}, $written, sub { read_file($folder . $_[0]) // '' });
  return if $written eq $was->{$path} && $now eq $written;
  write_file(STAGE . "/$path", $now);
  count('kernel', { path => $path, written => $written =~ s/\n\z//r, says => $now =~ s/\n\z//r });
  drop($written, $process) if $path eq 'vm/drop_caches';
  return if $now eq $was->{$path};
  $was->{$path} = $now;
  write_file(SETTLED, encode_json($was));
}

# Level 4 only asks for silence from now on.
sub drop {
  my ($written, $process) = @_;
  my ($level) = $written =~ /^\s*([1-4])\s*$/ or return;
  my $quiet = STAGE . '/drops-are-quiet';
  in_turn(STAGE, sub { drop_caches(STAGE, model(), $level) }) if $level < 4;
  if (!-e $quiet) {
    my ($uptime) = split ' ', read_file('/proc/uptime');
    my $name = defined $process ? read_file("/proc/$process/comm") : undef;
    chomp($name //= 'sh');
    open my $log, '>>', STAGE . '/dmesg' or die "dmesg: $!\n";
    printf $log "[%12.6f] %s (%d): drop_caches: %d\n", $uptime, $name, $process // 0, $level;
  }
  write_file($quiet, '') if $level == 4;
}

# Compares every pool file with what was last shown: a difference is a wish. Pages of processes that ended come back.
sub settle_pools {
  in_turn(STAGE, sub {
    my ($pools, $before, $used) = (read_pools(STAGE), read_used(STAGE), mapped_pages(STAGE));
    my $default = 0 + read_file(STAGE . '/default_kib');
    my $wished = used_text($used) ne used_text($before);
    for my $kib (keys %$pools) {
      my @each = @{ shown_pages($pools, $before, $kib) };
      my $total = 0;
      $total += $_ for @each;
      for my $path (STAGE . "/mm/hugepages/hugepages-${kib}kB/nr_hugepages", $kib == $default ? STAGE . '/vm/nr_hugepages' : ()) {
        my $wish = wish($path, $total) // next;
        ($pools->{$kib}, $wished) = (resize_pool(model(), $pools, $kib, undef, $wish, $used), 1);
      }
      for my $node (0 .. $#each) {
        my $wish = wish(STAGE . "/node/node$node/hugepages/hugepages-${kib}kB/nr_hugepages", $each[$node]) // next;
        ($pools->{$kib}, $wished) = (resize_pool(model(), $pools, $kib, $node, $wish, $used), 1);
      }
    }
    write_pools(STAGE, model(), $pools, $used) if $wished;
  });
}

sub wish {
  my ($path, $settled) = @_;
  my ($number) = (read_file($path) // '') =~ /^\s*(\d+)\s*$/;
  return defined $number && $number != $settled ? $number : undef;
}

1;
