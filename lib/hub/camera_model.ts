import type { CameraAddress } from "../config/camera_address.ts";
import type { CameraModel } from "./camera.ts";
import { dahuaModel } from "./dahua/camera.ts";
import { reolinkModel } from "./reolink/camera.ts";

/** How the camera behind an address is reached. */
export function cameraModel(address: CameraAddress): CameraModel {
  switch (address.vendor) {
    case "dahua":
      return dahuaModel(address);
    case "reolink":
      return reolinkModel(address);
  }
}
