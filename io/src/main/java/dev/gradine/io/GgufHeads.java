package dev.gradine.io;

/// Numbers of heads, by which rows of a model's tensors are in groups.
///
/// @param queries H, of attention; 0 where there is none
/// @param keys G, of attention
/// @param stateKeys of a recurrence, or its groups; 0 where there is none
/// @param stateValues of a recurrence
/// @param stateWidth channels of a key of a recurrence
/// @param still channels of a key of latent attention that do not turn
public record GgufHeads(int queries, int keys, int stateKeys, int stateValues, int stateWidth, int still) {

    /// Heads of attention alone.
    public static GgufHeads of(int queries, int keys) {
        return new GgufHeads(queries, keys, 0, 0, 0, 0);
    }
}
