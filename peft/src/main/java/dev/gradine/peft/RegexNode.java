package dev.gradine.peft;

import java.util.List;
import java.util.function.IntPredicate;

/// One piece of a regular expression, matched by backtracking: a piece tries each way it can match and asks `next`,
/// which stands for all that follows, whether the rest matches behind it.
sealed interface RegexNode {

    /// What follows a piece.
    interface Next {
        /// Whether it matches from character `i`.
        boolean from(int i);
    }

    /// Whether this piece matches from character `i`, and `next` behind it.
    boolean match(RegexRun run, int i, Next next);

    /// Number of characters it takes; -1 if that differs.
    default int width() {
        return -1;
    }

    /// One character.
    record One(IntPredicate accepts) implements RegexNode {
        @Override
        public boolean match(RegexRun run, int i, Next next) {
            return run.isAt(i, accepts) && next.from(i + 1);
        }

        @Override
        public int width() {
            return 1;
        }
    }

    /// Pieces one after the other.
    record Sequence(List<RegexNode> parts) implements RegexNode {
        @Override
        public boolean match(RegexRun run, int i, Next next) {
            return part(0, run, i, next);
        }

        private boolean part(int k, RegexRun run, int i, Next next) {
            if (k == parts.size()) return next.from(i);
            return run.within(() -> parts.get(k).match(run, i, j -> part(k + 1, run, j, next)));
        }

        @Override
        public int width() {
            int sum = 0;
            for (RegexNode p : parts) {
                if (p.width() < 0) return -1;
                sum += p.width();
            }
            return sum;
        }
    }

    /// The first of several pieces with which all matches.
    record Either(List<RegexNode> options) implements RegexNode {
        @Override
        public boolean match(RegexRun run, int i, Next next) {
            return run.within(() -> {
                for (RegexNode o : options) if (o.match(run, i, next)) return true;
                return false;
            });
        }

        @Override
        public int width() {
            int first = options.getFirst().width();
            return options.stream().allMatch(o -> o.width() == first) ? first : -1;
        }
    }

    /// A piece several times, as often as possible or as seldom.
    record Repeat(RegexNode piece, int least, int most, boolean lazy) implements RegexNode {
        @Override
        public boolean match(RegexRun run, int i, Next next) {
            return times(0, run, i, next);
        }

        private boolean times(int n, RegexRun run, int i, Next next) {
            if (n < least) return again(n, run, i, next);
            if (lazy) return next.from(i) || (n < most && again(n, run, i, next));
            return (n < most && again(n, run, i, next)) || next.from(i);
        }

        /// Once more; what took no character would take none the other times either.
        private boolean again(int n, RegexRun run, int i, Next next) {
            return run.within(() -> piece.match(
                    run, i, j -> j > i ? times(n + 1, run, j, next) : n < least && times(least, run, j, next)));
        }

        @Override
        public int width() {
            long all = (long) least * piece.width();
            return least == most && all >= 0 && all <= 1 << 20 ? (int) all : -1;
        }
    }

    /// A piece whose first way to match is kept: possessive repeats and `(?>…)`.
    record Atomic(RegexNode piece) implements RegexNode {
        @Override
        public boolean match(RegexRun run, int i, Next next) {
            int[] end = {-1};
            boolean found = piece.match(run, i, j -> {
                end[0] = j;
                return true;
            });
            return found && next.from(end[0]);
        }

        @Override
        public int width() {
            return piece.width();
        }
    }

    /// A piece whose text is remembered.
    record Group(int number, RegexNode piece) implements RegexNode {
        @Override
        public boolean match(RegexRun run, int i, Next next) {
            return piece.match(run, i, j -> run.remembering(number, i, j, () -> next.from(j)));
        }

        @Override
        public int width() {
            return piece.width();
        }
    }

    /// The text of a group once more.
    record Same(int number, boolean ignoreCase) implements RegexNode {
        @Override
        public boolean match(RegexRun run, int i, Next next) {
            if (!run.isSet(number)) return false;
            String text = run.group(number);
            return run.text().regionMatches(ignoreCase, i, text, 0, text.length()) && next.from(i + text.length());
        }
    }

    /// Whether a piece matches ahead, or behind, of this place.
    record Look(RegexNode piece, boolean behind, boolean negative) implements RegexNode {
        @Override
        public boolean match(RegexRun run, int i, Next next) {
            int from = behind ? i - piece.width() : i;
            boolean found = from >= 0 && piece.match(run, from, j -> !behind || j == i);
            return found != negative && next.from(i);
        }

        @Override
        public int width() {
            return 0;
        }
    }

    /// A place: `^`, `$`, `A`, `Z`, `b` or `B`.
    record Place(char kind, boolean lines) implements RegexNode {
        @Override
        public boolean match(RegexRun run, int i, Next next) {
            return run.isPlace(kind, lines, i) && next.from(i);
        }

        @Override
        public int width() {
            return 0;
        }
    }

    /// One piece if a group has matched, else another.
    record IfSet(int number, RegexNode then, RegexNode otherwise) implements RegexNode {
        @Override
        public boolean match(RegexRun run, int i, Next next) {
            return (run.isSet(number) ? then : otherwise).match(run, i, next);
        }

        @Override
        public int width() {
            return then.width() == otherwise.width() ? then.width() : -1;
        }
    }
}
