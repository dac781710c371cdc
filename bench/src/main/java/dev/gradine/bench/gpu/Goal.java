package dev.gradine.bench.gpu;

/// A figure that is to be reached on an NVIDIA H200.
///
/// @param name what is to be reached, such as `attention forward, heads of 128`; empty for none
/// @param floor least that is good enough; for memory the most
/// @param of what it is a figure of
record Goal(String name, double floor, Of of) {

    static final Goal NONE = new Goal("", 0, Of.RATE);

    /// What is compared with the floor.
    enum Of {
        /// our rate, in the row's unit
        RATE(""),
        /// our rate in percent of the GPU's peak
        PERCENT("% of peak"),
        /// our rate in units of that of the unfused kernels
        RATIO("× unfused"),
        /// memory beside inputs, at most
        MEMORY("GB at most");

        private final String unit;

        Of(String unit) {
            this.unit = unit;
        }
    }

    static Goal rate(String name, double floor) {
        return new Goal(name, floor, Of.RATE);
    }

    static Goal percent(String name, double floor) {
        return new Goal(name, floor, Of.PERCENT);
    }

    boolean isGiven() {
        return !name.isEmpty();
    }

    /// Unit of the floor.
    ///
    /// @param rate unit of the row
    String unit(String rate) {
        return of == Of.RATE ? rate : of.unit;
    }
}
