#!/usr/bin/perl
# Starts a shell script that enlarges an image in place and kills it, again and again: with all that it started, or alone,
# at some moment or when the old image has got its second name. Says after each kill what the image's name holds, one
# line of JSON each, and at the end how often the name was looked at meanwhile and held nothing. An image that came into
# place goes back: the next script starts as the first one.
use strict;
use warnings;
use JSON::PP;
use POSIX qw(setsid WNOHANG _exit);
use Time::HiRes qw(sleep);

my ($script, $image, $backup, $new_bytes, $kills, $seed) = @ARGV;
srand $seed;
my ($folder, $name) = $image =~ m{(.*)/(.*)};
my $copy = "$folder/.$name.runbook.tmp";
my $old = content($image);

my $watching = fork // die "fork: $!\n";
watch() if $watching == 0;
for (1 .. $kills) {
  my $whole = rand() < 0.7;
  my $moment = rand() < 0.3 ? 'second name' : 'some';
  my $leader = fork // die "fork: $!\n";
  if ($leader == 0) {
    setsid();
    open STDIN, '<', '/dev/null';
    open STDOUT, '>', '/dev/null';
    open STDERR, '>', '/dev/null';
    exec 'sh', $script;
  }
  if ($moment eq 'second name') { until (-e $backup || waitpid($leader, WNOHANG)) { sleep 0.0005 } sleep rand 0.05 }
  else { sleep rand 2.6 }
  kill KILL => $leader;
  if ($whole) { while (my @left = session($leader)) { kill KILL => @left } }
  waitpid $leader, 0;
  my $told = { whole => $whole ? JSON::PP::true : JSON::PP::false, moment => $moment, holds => holds(),
    copyLeft => -e $copy ? JSON::PP::true : JSON::PP::false };
  print encode_json($told), "\n";
  rename $backup, $image if $told->{holds} eq 'new';
}
kill TERM => $watching;
waitpid $watching, 0;
print encode_json({ missed => $? >> 8 }), "\n";

# Looks five hundred times a second; ends with how often there was nothing, at most 255.
sub watch {
  my $missed = 0;
  $SIG{TERM} = sub { _exit($missed > 255 ? 255 : $missed) };
  for (;;) { $missed++ unless -e $image; sleep 0.002 }
}

sub holds {
  return 'none' unless -e $image;
  return 'old' if content($image) eq $old;
  my $info = eval { decode_json(scalar `qemu-img info -U --output=json -f qcow2 $image 2>/dev/null`) } // {};
  my $sound = system("qemu-img check -q -U -f qcow2 $image") == 0;
  return $sound && ($info->{'virtual-size'} // 0) == $new_bytes ? 'new' : 'broken';
}

sub content { (split ' ', scalar `sha256sum $_[0]`)[0] }

# Processes of a session that are not dead yet.
sub session {
  my ($leader) = @_;
  return grep { stat_of($_) =~ /\) ([A-Z]) \S+ \S+ (\d+)/ && $1 ne 'Z' && $2 == $leader }
    map { m{/proc/(\d+)$} ? $1 : () } glob '/proc/[0-9]*';
}

sub stat_of {
  open my $file, '<', "/proc/$_[0]/stat" or return '';
  return <$file> // '';
}
