package dev.gradine.cuda.driver;

import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;

/// A launch in an error message. It becomes text where it failed: a launch is too short to write its name each time.
record Launched(Kernel kernel, Grid grid) {

    @Override
    public String toString() {
        return "%s<<<(%d,%d,%d),%d,%d>>>"
                .formatted(kernel, grid.x(), grid.y(), grid.z(), grid.threads(), grid.sharedBytes());
    }
}
