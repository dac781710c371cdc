package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.nn.LinearMap;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.SequencedMap;

/// Something trained in the place of one frozen linear layer. `permits` lists them all.
///
/// A fresh adapter is the identity: its layer computes what the base did.
public sealed interface Adapter extends LinearMap permits LoraLinear, CustomAdapter {

    /// What it trains, under the names its file gives them behind the layer's path, such as `lora_A.weight`.
    SequencedMap<String, Param> trained();

    /// The same adapter with the values it has now, never to change: the reference of a preference loss.
    Adapter snapshot(Kernels run);

    /// The update of the base weight, `f32[O,I]` in the memory of `k`: merging adds it to W.
    Tensor delta(Kernels k);
}
