import assert from "node:assert/strict";
import path from "node:path";
import { homeFolder } from "../../../src/machine/homeFolder";
import { modelStoreOf } from "../../../src/library/store/modelStore";

const none = (): string => {
  throw new Error("uv_os_homedir returned ENOENT");
};

describe("the home folder", () => {
  it("is HOME, or what the list of users says where that is nothing or relative", () => {
    const home = path.resolve("/home/a");
    assert.equal(homeFolder([() => home, none]), home);
    for (const first of [none, () => "", () => "rel"]) {
      assert.equal(homeFolder([first, () => home]), home);
    }
  });

  it("is missed only where it is needed, with the variable that helps", () => {
    const environment = (env: Record<string, string>): Parameters<typeof modelStoreOf>[0] => ({
      env,
      platform: "linux",
      get homeDir() {
        return homeFolder([none, none]);
      },
    });
    const store = modelStoreOf(environment({}));
    assert.throws(() => store.modelsDir, { code: "option.invalid", message: /SIGHTLINE_HOME/ });
    const own = path.resolve("/srv/models");
    assert.equal(modelStoreOf(environment({ SIGHTLINE_HOME: own })).root, own);
    assert.equal(
      modelStoreOf(environment({ XDG_CACHE_HOME: own })).root,
      path.join(own, "sightline"),
    );
  });
});
