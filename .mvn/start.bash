# How java is started, by ./gradine and by the launcher of a bundle. Sourced by both.

# What the program is told in another text than UTF-8 it cannot read: where the locale is ASCII (C, POSIX, none, or one
# that is not installed), the first UTF-8 locale of the system takes its place. Other locales stay as they are.
use_utf8() {
    local euro=$'\xe2\x82\xac' name
    [ "${#euro}" -ne 1 ] || return 0
    case $(locale charmap 2>/dev/null) in '' | ANSI_X3.4* | *ASCII* | 646) ;; *) return 0 ;; esac
    for name in C.UTF-8 C.utf8 en_US.UTF-8 en_US.utf8; do
        { LC_ALL=$name; } 2>/dev/null # bash warns of a locale that is not installed
        if [ "${#euro}" -eq 1 ]; then export LC_ALL && return; fi
    done
    export LC_ALL=C.UTF-8 # what cannot be read even so, the program refuses
}

# Refuses a heap that is smaller than the one in java.flags: the JVM would answer with two lines about -Xms.
check_heap() {
    local option size
    # shellcheck disable=SC2086 # options are separated by spaces
    for option in ${JDK_JAVA_OPTIONS:-} ${GRADINE_JAVA_OPTS:-}; do
        case $option in -Xmx[0-9]*) size=${option#-Xmx} ;; *) continue ;; esac
        case $size in
            *[kK]) size=$((${size%?} / 1024)) ;;
            *[mM]) size=${size%?} ;;
            *[gGtT]) continue ;;
            *) size=$((size / 1048576)) ;;
        esac
        if [ "$size" -lt 32 ]; then
            printf 'gradine: %s is too small a heap, expected at least -Xmx32m\n' "$option" >&2
            exit 2
        fi
    done
}

# Starts a program of ours in place of this shell. Every start of the JDK announces the Vector API on stderr, and no flag
# silences it. So stderr begins as a pipe that leaves this one line out; Main then puts the true one, number 9, in its
# place, before it prints anything.
start() {
    exec 9>&2 2> >(
        trap '' INT
        exec sed '/^WARNING: Using incubator modules: jdk\.incubator\.vector$/d' >&2 8<&- 9>&-
    )
    exec "$@"
}
