/// Layers and model families: records over their weights, made of ops. Devices, weight files, adapters and losses
/// do not belong here.
@NullMarked
package dev.gradine.nn;

import org.jspecify.annotations.NullMarked;
