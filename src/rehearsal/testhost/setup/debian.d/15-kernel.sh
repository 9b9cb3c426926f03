# Programs that would speak to the machine's own kernel.
stand_in /usr/sbin/swapon
stand_in /usr/sbin/swapoff
stand_in /usr/sbin/zramswap
stand_in /usr/sbin/irqbalance

drop_in() { # drop_in UNIT: its text is read from stdin
  mkdir -p "/usr/lib/systemd/system/$1.d"
  cat >"/usr/lib/systemd/system/$1.d/testhost.conf"
}
# Both units refuse to start in a container. Only vm is the emulated kernel's: the machine's own keys are read-only here.
drop_in systemd-sysctl.service <<'END'
[Unit]
ConditionPathIsReadWrite=
[Service]
ExecStart=
ExecStart=/lib/systemd/systemd-sysctl --prefix=vm
END
drop_in irqbalance.service <<'END'
[Unit]
ConditionVirtualization=
[Service]
ReadWritePaths=/var/lib/testhost-counters
END
# udev takes only what lies on sysfs for a device, and the emulated processors lie on a tmpfs.
drop_in tuned.service <<'END'
[Service]
Environment=SYSTEMD_DEVICE_VERIFY_SYSFS=0
END
