package dev.gradine.io;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Layers of two kinds, which a tensor tells apart, and how the keys of a file say which are which.
///
/// ```
/// full_attention_interval p              layers p−1, 2p−1, … attend
/// attention.recurrent_layers [bool]      the others do, by themselves
/// attention.head_count_kv [number]       0 in layers that do not attend
/// ```
///
/// @param tensor within a block, of those that attend
/// @param with what the configuration calls those that have it
/// @param without what it calls the others
/// @param isByKeyHeads whether the number of key heads says it
public record GgufMixing(String tensor, String with, String without, boolean isByKeyHeads) {

    /// Every so many layers attend.
    public static final String INTERVAL = "full_attention_interval";

    /// Which do not, where they do not follow each other so.
    public static final String RECURRENT = "attention.recurrent_layers";

    /// Whether each layer attends.
    ///
    /// @param names of all tensors of a file
    public List<Boolean> attends(Set<String> names, int layers) {
        List<Boolean> attends = new ArrayList<>();
        for (int l = 0; l < layers; l++) attends.add(names.contains("blk." + l + "." + tensor));
        return attends;
    }

    /// `layer_types` of a file.
    ///
    /// @throws CheckpointException if its keys say otherwise than its tensors
    List<String> types(GgufModel model, int layers) {
        List<Boolean> attends = attends(model.file().names(), layers);
        boolean isByPeriod = model.has(model.key(INTERVAL)) && !model.has(model.key(RECURRENT));
        int period = isByPeriod ? model.number(model.key(INTERVAL)) : 1;
        for (int l = 0; l < layers && isByPeriod; l++) {
            if (attends.get(l) == ((l + 1) % period == 0)) continue;
            throw model.fault("%s is %d, but layer %d has %s tensor %s"
                    .formatted(model.key(INTERVAL), period, l, attends.get(l) ? "a" : "no", tensor));
        }
        return attends.stream().map(a -> a ? with : without).toList();
    }
}
