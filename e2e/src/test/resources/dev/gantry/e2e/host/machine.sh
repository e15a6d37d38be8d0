# The first process of a machine for tests, as root in namespaces of its own for mounts and processes: machine.sh FOLDER CHECKOUT
# What is written to the folders of a host from here on lands on a file system in memory, beneath /mnt/changes; FOLDER and CHECKOUT are the real ones.
set -eu
folder=$1
checkout=$2
mount -t tmpfs -o mode=755 machine /mnt
mkdir /mnt/changes /mnt/folder /mnt/checkout
mount --bind "$folder" /mnt/folder
mount --bind "$checkout" /mnt/checkout
for part in etc opt root tmp var; do
  mkdir -p "/$part" "/mnt/changes/$part" "/mnt/work/$part"
  chmod --reference="/$part" "/mnt/changes/$part"
  mount -t overlay -o "lowerdir=/$part,upperdir=/mnt/changes/$part,workdir=/mnt/work/$part" machine "/$part"
done
# namespaces that others hold there would come and go
grep -o ' /run/netns[^ ]*' /proc/self/mountinfo | tac | while read -r held; do umount -l "$held" 2>/dev/null || true; done
mount -t tmpfs -o mode=755 machine /run
mount --move /mnt/folder "$folder"
mount --move /mnt/checkout "$checkout"
mkdir /run/lock
# left by earlier steps, none of the host's
rmdir /mnt/folder /mnt/checkout
echo ready
# reaps whoever loses its parent, as the first process of a host does
while :; do
  sleep 2147483647 >/dev/null &
  wait
done
