package dev.gradine.cuda.driver;

/// What graphs need of their GPU.
///
/// @param modules the kernels
/// @param maps tensor maps as the driver encodes them
/// @param context the driver's handle of it
/// @param stream the driver's handle of the one that all work goes through
record CudaHandles(Modules modules, TensorMaps maps, long context, long stream) {}
