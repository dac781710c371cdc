package dev.gradine.cli.plan;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// What computes: how fast, and what an hour costs.
///
/// @param name as users type it
/// @param flops operations a second that it sustains in training, not its peak
/// @param bandwidth bytes a second from its memory
/// @param gigabytes of its memory, in units of 1024³ bytes; 0 where that is the machine's own
/// @param price of an hour; 0 where none is given
public record Hardware(String name, double flops, double bandwidth, int gigabytes, double price) {

    private static final List<Hardware> ALL = List.of(
            new Hardware("cpu", 0.14e12, 20e9, 0, 0), // two AVX2 cores: measured rate of f32 products
            new Hardware("rtx-3090", 45e12, 936e9, 24, 0),
            new Hardware("rtx-4090", 100e12, 1008e9, 24, 0),
            new Hardware("a100", 156e12, 2039e9, 80, 0),
            new Hardware("h100", 500e12, 3350e9, 80, 0),
            new Hardware("h200", 500e12, 4800e9, 141, 0));

    /// @throws IllegalArgumentException if a rate is not above 0 or the price is below 0
    public Hardware {
        require("flops", flops, flops > 0, "above 0");
        require("bandwidth", bandwidth, bandwidth > 0, "above 0");
        require("price", price, price >= 0, "at least 0");
    }

    private static void require(String what, double value, boolean holds, String expected) {
        if (holds && Double.isFinite(value)) return;
        throw new IllegalArgumentException("%s: %s, expected a finite number %s".formatted(what, value, expected));
    }

    /// All that have a name; a GPU's rates are about half its peak in bf16.
    public static List<Hardware> all() {
        return ALL;
    }

    /// The one of that name.
    ///
    /// @throws IllegalArgumentException lists the names there are
    public static Hardware named(String name) {
        return ALL.stream()
                .filter(h -> h.name.equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("--hardware: %s, expected one of %s".formatted(name, names())));
    }

    private static String names() {
        return ALL.stream().map(Hardware::name).collect(Collectors.joining(", "));
    }

    /// Whether it is the CPU, whose build is what plans are measured against.
    public boolean isCpu() {
        return name.equals("cpu");
    }

    /// The same with other numbers; those that are NaN stay.
    public Hardware with(double otherFlops, double otherBandwidth, double otherPrice) {
        double[] now = {flops, bandwidth, price};
        double[] other = {otherFlops, otherBandwidth, otherPrice};
        double[] all = Arrays.copyOf(now, now.length);
        for (int i = 0; i < all.length; i++) if (!Double.isNaN(other[i])) all[i] = other[i];
        return new Hardware(name, all[0], all[1], gigabytes, all[2]);
    }
}
