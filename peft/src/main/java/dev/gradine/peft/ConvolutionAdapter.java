package dev.gradine.peft;

import dev.gradine.nn.ConvolutionMap;

/// An adapter over a convolution.
public non-sealed interface ConvolutionAdapter extends Adapter, ConvolutionMap {}
