package GrubMenu;
# Which entry of a grub.cfg boots by default, and with which words. Pure: takes texts, gives text.
use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(default_entry_cmdline default_of);

# What /proc/cmdline shows after GRUB booted the default entry; dies with a reason where GRUB would find nothing.
# environment: { saved_entry => ..., next_entry => ... } of grubenv.
sub default_entry_cmdline {
  my ($config, $environment) = @_;
  my @entries = entries($config);
  die "no menu entry\n" unless @entries;
  my $wanted = $environment->{next_entry} || default_of($config, $environment);
  my $entry = find_entry(\@entries, $wanted) // $entries[0];
  $entry = $entry->{inside}[0] while $entry->{inside} && @{ $entry->{inside} };
  my ($kernel, $words) = ($entry->{body} // '') =~ /^\s*linux\S*\s+(\S+)[ \t]*(.*?)[ \t]*$/m
    or die "entry \"$entry->{title}\" loads no kernel\n";
  return "BOOT_IMAGE=$kernel $words";
}

# The lasting choice: grub-mkconfig writes two, the one-time entry, and after "else" this one.
sub default_of {
  my ($config, $environment) = @_;
  my ($lasting) = reverse grep { $_ ne '${next_entry}' } $config =~ /^\s*set default="([^"]*)"/mg;
  $lasting = $environment->{saved_entry} if ($lasting // '') eq '${saved_entry}';
  return length($lasting // '') ? $lasting : '0';
}

# A number, an id or a title; '>' goes down into a submenu.
sub find_entry {
  my ($entries, $wanted) = @_;
  my ($first, $rest) = split />/, $wanted, 2;
  my $found = $first =~ /^\d+$/ ? $entries->[$first] : (grep { $_->{id} eq $first || $_->{title} eq $first } @$entries)[0];
  return $found unless $found && defined $rest && $found->{inside};
  return find_entry($found->{inside}, $rest);
}

sub entries {
  my ($config) = @_;
  my @open = ({ inside => [] });
  for my $line (split /\n/, $config) {
    if ($line =~ /^\s*(menuentry|submenu)\s+('[^']*'|"[^"]*")(.*)\{\s*$/) {
      my ($kind, $title, $options) = ($1, substr($2, 1, -1), $3);
      my ($id) = $options =~ /(?:--id|\$menuentry_id_option)\s+['"]?([^\s'"]+)/;
      my $entry = { title => $title, id => $id // '', $kind eq 'submenu' ? (inside => []) : (body => '') };
      push @{ $open[-1]{inside} }, $entry if $open[-1]{inside};
      push @open, $entry;
    } elsif ($line =~ /^\s*\}\s*$/ && @open > 1) {
      pop @open;
    } elsif (exists $open[-1]{body}) {
      # An inner "if ... fi" has no braces, so the next closing brace is the entry's own.
      $open[-1]{body} .= "$line\n";
    }
  }
  return @{ $open[0]{inside} };
}

1;
