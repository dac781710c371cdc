# Read by ../gradine for its command `test`; uses its root and maven.
# shellcheck shell=bash disable=SC2154

# Adds up the Surefire reports: "N passed, N failed, N skipped".
count_tests() {
    cat "$root"/*/target/surefire-reports/TEST-*.xml 2>/dev/null | awk '
        function attribute(name) { return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3) + 0 : 0 }
        /^<testsuite / {
            all += attribute("tests"); skipped += attribute("skipped")
            failed += attribute("failures") + attribute("errors")
        }
        END { printf "%d passed, %d failed, %d skipped\n", all - failed - skipped, failed, skipped }'
}

run_tests() {
    local code=0 counts
    rm -rf "$root"/*/target/surefire-reports # only this run counts
    maven verify "$@" || code=$?
    counts=$(count_tests || true)
    case $counts in
        '0 passed, 0 failed, '*) echo 'gradine: no test ran' >&2 && code=$((code ? code : 1)) ;;
        *' 0 failed, '*) ;;
        *) code=$((code ? code : 1)) ;; # also where Maven was told to ignore failures
    esac
    echo "$counts"
    exit "$code"
}
