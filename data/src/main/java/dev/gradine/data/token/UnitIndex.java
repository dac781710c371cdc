package dev.gradine.data.token;

/// Turns code point offsets, which the Rust library counts in, into UTF-16 offsets, which Java counts in.
final class UnitIndex {
    private final String text;
    private int points;
    private int units;

    UnitIndex(String text) {
        this.text = text;
    }

    /// The UTF-16 offset of code point number `point`; cheap when asked in nearly ascending order.
    int of(int point) {
        units = text.offsetByCodePoints(units, point - points);
        points = point;
        return units;
    }
}
