package BootEntries;
# Entries of the Boot Loader Specification as GRUB's blscfg and systemd-boot read them.
use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(boot_entries chosen_index filled_in by_version);

# Every entry of a folder that starts a Linux, the newest first: { path, id, title, version, linux, initrd, options }.
sub boot_entries {
  my ($folder) = @_;
  my @entries;
  for my $path (glob "$folder/*.conf") {
    open my $file, '<', $path or next;
    my %entry = (path => $path, id => $path =~ m{([^/]+)\.conf$}, map { $_ => '' } qw(title version linux initrd options));
    while (my $line = <$file>) {
      my ($key, $value) = $line =~ /^(\w+)[ \t]+(.*?)[ \t]*$/ or next;
      next unless exists $entry{$key};
      $entry{$key} = length $entry{$key} ? "$entry{$key} $value" : $value;
    }
    push @entries, \%entry if length $entry{linux};
  }
  return sort { by_version($b->{id}, $a->{id}) } @entries;
}

# The index that a number, an id, a pattern or a title names; 0 where it names none.
sub chosen_index {
  my ($name, @entries) = @_;
  return 0 unless length($name // '');
  return $name if $name =~ /^\d+$/ && $name < @entries;
  my $pattern = join '.*', map { quotemeta } split /\*/, $name =~ s/\.conf$//r, -1;
  my ($index) = grep { $entries[$_]{id} =~ /^$pattern$/ || $entries[$_]{title} eq $name } 0 .. $#entries;
  return $index // 0;
}

# $name and ${name} as GRUB fills them in.
sub filled_in {
  my ($text, $variables) = @_;
  $text =~ s/\$(?:\{(\w+)\}|(\w+))/$variables->{$1 \/\/ $2} \/\/ ''/ge;
  return join ' ', split ' ', $text;
}

# Numbers by value, as boot loaders and rpm sort.
sub by_version {
  my @parts = map { [/\d+|\D+/g] } @_;
  for my $at (0 .. $#{ $parts[0] }) {
    my ($mine, $yours) = ($parts[0][$at], $parts[1][$at] // '');
    next if $mine eq $yours;
    return $mine =~ /^\d/ && $yours =~ /^\d/ ? $mine <=> $yours : $mine cmp $yours;
  }
  return @{ $parts[0] } <=> @{ $parts[1] };
}

1;
