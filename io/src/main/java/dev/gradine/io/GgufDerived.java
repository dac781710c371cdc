package dev.gradine.io;

import java.util.function.Function;

/// A key of a file that says something otherwise than a configuration does.
///
/// ```
/// ssm.inner_size = linear_num_value_heads · linear_value_head_dim
/// linear_value_head_dim = ssm.inner_size / ssm.time_step_rank
/// ```
///
/// @param gguf without the architecture
/// @param written its value, by numbers of the configuration
/// @param hf the key of the configuration that is read from it; empty for none
/// @param read the value of that key, by numbers of the file
public record GgufDerived(
        String gguf, Function<GgufWholes, Object> written, String hf, Function<GgufWholes, Object> read) {}
