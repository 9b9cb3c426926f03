package GrubEnvironment;
# GRUB's environment block: 1024 bytes, a line per variable, filled up with '#'. As grub-editenv keeps it.
use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(read_environment set_environment);

use constant { SIGNATURE => "# GRUB Environment Block\n", SIZE => 1024 };

# { name => value } of a file; nothing where it is missing.
sub read_environment {
  my ($path) = @_;
  open my $file, '<', $path or return {};
  local $/;
  my $text = <$file>;
  return { map { /^(\w+)=(.*)$/ ? ($1 => $2) : () } split /\n/, $text };
}

# Sets variables in their old places, new ones behind; a value of undef takes one away. Made where it is missing.
sub set_environment {
  my ($path, @changes) = @_;
  my @lines;
  if (open my $file, '<', $path) { @lines = grep { /^\w+=/ } split /\n/, do { local $/; <$file> } }
  while (my ($name, $value) = splice @changes, 0, 2) {
    my $at = (grep { $lines[$_] =~ /^\Q$name\E=/ } 0 .. $#lines)[0] // @lines;
    splice @lines, $at, 1, defined $value ? "$name=$value" : ();
  }
  my $text = SIGNATURE . join '', map { "$_\n" } @lines;
  die "environment block too small\n" if length $text > SIZE;
  # Written in place: GRUB itself knows only the blocks that the file has.
  open my $file, -e $path ? '+<' : '>', $path or die "$path: $!\n";
  print $file $text . '#' x (SIZE - length $text);
  close $file or die "$path: $!\n";
}

1;
