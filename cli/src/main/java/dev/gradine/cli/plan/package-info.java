/// What a training run would need, by formula: values trained, memory by item, disk, operations, time and cost. The
/// command itself is one package up.
@NullMarked
package dev.gradine.cli.plan;

import org.jspecify.annotations.NullMarked;
