package dev.gradine.tensor.profile;

import java.util.Comparator;
import java.util.List;

/// What one op took in all steps counted.
///
/// @param name of the op, or of a part of one: its shapes
/// @param seconds in all calls together
/// @param calls how often it was called
/// @param flop floating-point operations of all calls; 0 where they are not counted
/// @param parts the same by shape, the longest first; none for a part
public record ProfileRow(String name, double seconds, long calls, double flop, List<ProfileRow> parts) {

    /// Name of the row for all that happens outside kernels: the tape, the data, the host's own work.
    public static final String REST = "between kernels";

    static ProfileRow sum(String name, List<ProfileRow> parts) {
        return new ProfileRow(
                name,
                parts.stream().mapToDouble(ProfileRow::seconds).sum(),
                parts.stream().mapToLong(ProfileRow::calls).sum(),
                parts.stream().mapToDouble(ProfileRow::flop).sum(),
                longestFirst(parts));
    }

    static List<ProfileRow> longestFirst(List<ProfileRow> rows) {
        return rows.stream()
                .sorted(Comparator.comparingDouble(ProfileRow::seconds).reversed())
                .toList();
    }

    /// Rate of its arithmetic in GFLOP/s; 0 where its operations are not counted.
    public double gflops() {
        return flop > 0 ? flop / seconds * 1e-9 : 0;
    }
}
