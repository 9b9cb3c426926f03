# Owner, boot id and markers of the run in $run. Sent as it is: inspecting leaves nothing on the host.
read_boot
echo "host-boot=$boot"
read_owner
print_owner
each_marker "$run" print_marker
# An answer that was cut must not pass for one without markers.
echo whole
