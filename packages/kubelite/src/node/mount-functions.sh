# Shell functions that `mounts.ts` puts in front of a container's own mounts. POSIX sh; `fail MESSAGE` is defined before.
# again FROM TO: one entry of a covered folder, seen again in its tmpfs.
again() {
  if [ -L "$1" ]; then cp -P "$1" "$2"
  elif [ -d "$1" ]; then mkdir "$2" && mount -n --rbind "$1" "$2"
  elif [ -e "$1" ]; then : > "$2" && mount -n --bind "$1" "$2"
  fi || fail "binding $1 again failed"
}
each() { for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do if [ -e "$entry" ] || [ -L "$entry" ]; then again "$entry" "$2/${entry##*/}"; fi; done; }
# cover_by_… FOLDER STAGE MODE: a tmpfs with the same entries in the folder's place.
covering() { mount -n --rbind "$1" "$2/old" && mount -n -t tmpfs -o "mode=$3" keelson "$2/new" || fail "covering $1 failed"; }
cover_by_binds() { covering "$1" "$2" "$3"; each "$2/old" "$2/new"; mount -n --move "$2/new" "$1" || fail "covering $1 failed"; }
cover_by_links() {
  covering "$1" "$2" "$3"; folder=$1; new=$2/new; old=$4; set --
  for entry in "$old"/* "$old"/.[!.]* "$old"/..?*; do if [ -e "$entry" ] || [ -L "$entry" ]; then set -- "$@" "$entry"; fi; done
  { [ $# -eq 0 ] || ln -s -t "$new" "$@"; } && mount -n --move "$new" "$folder" || fail "covering $folder failed"
}
# new_root STAGE FIRST: the same for /, which cannot be covered. The folder that holds the stage goes first, or every
# later bind would be copied along with it.
new_root() {
  mkdir "$1" && mount -n -t tmpfs -o mode=755 keelson "$1" || fail "making a root failed"
  again "$2" "$1/${2##*/}"
  for entry in /* /.[!.]*; do if [ "$entry" != "$2" ] && { [ -e "$entry" ] || [ -L "$entry" ]; }; then again "$entry" "$1/${entry##*/}"; fi; done
}
bind_folder() { [ -d "$2" ] || mkdir -p "$2" || fail "mount point $2 cannot be made"; mount -n --no-canonicalize --rbind "$1" "$2" || fail "mounting $2 failed"; }
bind_file() { [ -e "$2" ] || { { [ -d "${2%/*}/" ] || mkdir -p "${2%/*}/"; } && : > "$2"; } || fail "mount point $2 cannot be made"; mount -n --no-canonicalize --bind "$1" "$2" || fail "mounting $2 failed"; }
# In a user namespace the flags of the file system below are locked and must be named again.
read_only() { for flags in "" ,nosuid,nodev ,nosuid,nodev,noexec ,nosuid,nodev,noatime; do mount -n -o "remount,bind,ro$flags" "$1" 2> /dev/null && return; done; fail "making $1 read-only failed"; }
