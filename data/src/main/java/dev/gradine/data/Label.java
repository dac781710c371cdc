package dev.gradine.data;

/// What a row says that its text is.
public sealed interface Label {

    /// One of several kinds, by its name.
    record Named(String name) implements Label {
        @Override
        public String toString() {
            return "\"" + name + "\"";
        }
    }

    /// The number of a kind, from 0, or a number that is to be predicted.
    record Numbered(double value) implements Label {
        /// Whether it can count kinds.
        public boolean isCount() {
            return value >= 0 && value == Math.rint(value) && value < Integer.MAX_VALUE;
        }

        @Override
        public String toString() {
            return isCount() ? String.valueOf((int) value) : String.valueOf(value);
        }
    }
}
