package TestHost;
# What the emulation and its stand-ins share: the model that tests write, and the counts that tests read.
use strict;
use warnings;
use JSON::PP;
use Fcntl ':flock';
use Exporter 'import';
our @EXPORT_OK = qw(model count STAGE KEPT);

use constant {
  MODEL => $ENV{TESTHOST_MODEL} // '/etc/runbook-testhost.json',
  STAGE => '/run/testhost',
  # Survives reboots. Nothing of the product looks here.
  KEPT => $ENV{TESTHOST_KEPT} // '/var/lib/testhost-counters',
};

# /etc/runbook-testhost.json, with a plain machine for what it leaves out.
sub model {
  open my $file, '<', MODEL or die MODEL . ": $!\n";
  local $/;
  my $given = decode_json(<$file>);
  return { pdpe1gb => JSON::PP::true, nodes => [{ memory => '64G' }, { memory => '64G' }], boot => 'normal', guests => [],
    sudo => 'passwordless', shell => 'dash', rebootRequests => 'honoured', hostKey => 'kept', guestfs => 'real',
    cpufreq => 'intel_pstate', transparentHugePages => 'madvise', zswap => JSON::PP::false, swaps => [], services => [], %$given,
    cpus => { coresPerNode => 4, threads => 2, %{ $given->{cpus} // {} } } };
}

# Appends one line of JSON to the count NAME.
sub count {
  my ($name, $entry) = @_;
  mkdir KEPT;
  open my $file, '>>', KEPT . "/$name" or return;
  flock $file, LOCK_EX;
  syswrite $file, JSON::PP->new->canonical->encode($entry) . "\n";
}

1;
