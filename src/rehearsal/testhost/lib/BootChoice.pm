package BootChoice;
# What a machine boots: goes from the firmware to the kernel by the files that each on the way reads.
use strict;
use warnings;
use BootEntries qw(boot_entries chosen_index filled_in);
use GrubEnvironment qw(read_environment);
use GrubMenu qw(default_entry_cmdline default_of);
use KernelFiles qw(read_file);
use Exporter 'import';
our @EXPORT_OK = qw(boot_choice);

# { cmdline, environment }: what /proc/cmdline will show, and the file of GRUB's environment, if GRUB was on the way.
# root: '' or a folder that holds the machine's files. Dies with a reason where nothing boots.
sub boot_choice {
  my ($root) = @_;
  return { cmdline => from_entries($root) } if -e "$root/boot/efi/EFI/systemd/systemd-bootx64.efi";
  my $menu = menu_of($root);
  my $text = read_file("$root$menu");
  my $environment = "$root" . ($menu eq '/boot/grub/grub.cfg' ? '/boot/grub/grubenv' : '/boot/grub2/grubenv');
  my $variables = read_environment($environment);
  my $cmdline = $text =~ /^\s*blscfg\s*$/m ? from_blscfg($root, $text, $variables) : default_entry_cmdline($text, $variables);
  return { cmdline => $cmdline, environment => $environment, resets => scalar $text =~ /^set boot_success=0$/m };
}

# EFI starts GRUB on the ESP, where either its menu lies or a few lines that point to it.
sub menu_of {
  my ($root) = @_;
  my @on_esp = map { s/^\Q$root\E//r } glob "$root/boot/efi/EFI/*/grub.cfg";
  for my $path (@on_esp, '/boot/grub2/grub.cfg', '/boot/grub/grub.cfg') {
    my $text = read_file("$root$path") // next;
    next if length $text < 1024 && $text =~ /^configfile /m;
    return $path;
  }
  die "no grub.cfg\n";
}

sub from_blscfg {
  my ($root, $menu, $variables) = @_;
  my @entries = boot_entries("$root/boot/loader/entries") or die "blscfg found no entry\n";
  my ($fallback) = $menu =~ /^\s*set kernelopts="([^"]*)"/m;
  my $known = { kernelopts => $fallback, %$variables };
  my $entry = $entries[chosen_index($variables->{next_entry} || default_of($menu, $variables), @entries)];
  return "BOOT_IMAGE=(hd0,gpt2)$entry->{linux} " . filled_in($entry->{options}, $known);
}

# systemd-boot hands over the options alone.
sub from_entries {
  my ($root) = @_;
  my @entries = boot_entries("$root/boot/efi/loader/entries") or die "systemd-boot found no entry\n";
  my ($wanted) = (read_file("$root/boot/efi/loader/loader.conf") // '') =~ /^default\s+(\S+)/m;
  return $entries[chosen_index($wanted, @entries)]{options};
}

1;
